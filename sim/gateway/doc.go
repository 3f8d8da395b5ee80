// Package gateway is the front door of Graph: every call passes it, and so does every member of
// a $batch. In this order:
//
//	route -> ledger -> scripted faults -> token -> permission -> limits -> latency -> answer
//
// Each answer carries request-id, client-request-id (the caller's, if it sent one), Date and
// x-ms-ags-diagnostic, as Graph's do.
//
// Sources:
//   - headers: https://learn.microsoft.com/graph/best-practices-concept
//   - $batch: https://learn.microsoft.com/graph/json-batching
//   - batches and throttling: https://learn.microsoft.com/graph/throttling#throttling-and-batching
package gateway
