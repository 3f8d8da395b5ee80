// Package graph is how Tenantkeep talks to Microsoft Graph: one client per connection, through
// which every call is authorised, priced, counted, traced and retried the same way. Directories
// below it know the workloads: directory (users, groups; the typed SDK), mail and drive (raw
// requests, streamed). Only this module may import msgraph-sdk-go and kiota.
//
// A call passes these round trippers, outermost first:
//
//	traced      one span, and the trace headers
//	refused     an answer of 400 and above becomes a classified error
//	redirected  follows redirects; the token goes to Graph's host only
//	retried     idempotent calls again after resets and 5xx, any call after 429
//	authorised  the token, and once another when it is refused or challenged
//	budgeted    waits for the price of the call, holds its slot until the body is closed
//	counted     requests and bytes, for reports
//	unpacked    gzip, and an end to bodies that stall
//
// Paths are relative to /v1.0, ids are Graph's, times UTC, sizes bytes. Errors are faults; their
// Reason is GRAPH_ and the code in capitals, with the request id in the text. What each code means
// is in codes.go, what each call costs in prices.go, what Graph does against its documentation
// in quirks.go.
//
// Bodies of pages are never decoded whole: see package rawjson.
package graph
