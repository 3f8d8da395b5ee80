// Package api answers gRPC: it checks what came, hands it to package run or the outbox, and turns
// what they say into messages. Reads come from projections, which show a caller's own writes.
package api
