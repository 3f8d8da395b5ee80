// Package message turns channels, rules and deliveries into the public protobuf messages and back. Rooms api
// and outbox use it; the domain never sees it.
package message
