// Package message turns connections into the public protobuf message and back. Rooms api and outbox use
// it; the domain never sees it. A connection is named connections/{connection}.
package message
