// Package serve runs a simulated tenant as a server of its own: flags, plain and TLS listeners, a
// certificate authority made for the run, and a hint how to connect to it.
//
// The plain listener is for Tenantkeep, whose cloud "sim" takes any address. Microsoft's own
// libraries insist on https: for them there is --tls-listen, whose certificate is signed by the
// authority that --ca-out writes.
package serve
