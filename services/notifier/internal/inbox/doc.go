// Package inbox hands every public fact to the office, which queues what somebody wants to be told of. The
// place in the stream of events is kept by the server, so no fact is passed over while the service is away.
package inbox
