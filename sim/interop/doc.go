// Package interop proves that clients which nobody here wrote work against m365sim: rclone's
// OneDrive backend and Microsoft's own Graph SDK with their own sign-in, over TLS, with the
// address and the authority as the only things that are told to them.
//
//	make interop
//
// It is a module of its own, outside the workspace: what it compiles is large, and nothing else
// needs it. The packages are tests alone, one for each client, and package tenant, which starts
// the simulator for them.
package interop
