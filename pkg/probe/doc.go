// Package probe asks a server of another maker whether it is well: nats-server and redis-server, and
// whatever speaks HTTP. The program of the same name is the health check of images that hold one
// server and no shell. Our own services answer for themselves: see host.Probe.
//
//	nats://host:port    well if it greets with INFO: https://docs.nats.io/reference/reference-protocols/nats-protocol#info
//	redis://host:port   well if it answers PING, though it may first want a password: https://redis.io/docs/latest/commands/ping/
//	http://host/path    well if GET is answered with 2xx
//
// Errors are those of package fault; the deadline is the context's.
package probe
