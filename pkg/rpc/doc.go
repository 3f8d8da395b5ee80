// Package rpc is the gRPC edge: one way to build a server, one way to dial one, and the one
// translation between package fault and gRPC's status.
//
// A server runs every call through the same chain: recover, trace, establish the caller (certificate
// or token), authorise it (identity.Policy, default deny), audit it if it changes something or
// hands out a secret, and translate its error. A status carries google.rpc.ErrorInfo (reason, and
// the next step in its metadata) and google.rpc.RetryInfo; package fault gets the same error back
// on the other side. The text of an unclassified error stays in the server's log.
//
// Health follows grpc.health.v1 and needs no caller.
package rpc
