// Package tenant starts m365sim as a program of its own and knows what a client has to be told to
// connect to it, and what the simulator itself says of its content. The environment variable
// M365SIM says where the program is; `make interop` sets it.
package tenant
