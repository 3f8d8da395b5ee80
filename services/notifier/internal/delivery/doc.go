// Package delivery decides who is told of what, and what becomes of each notice.
//
//	fact -> Office.Spread: one delivery per rule that wants it, queued
//	queued and due -> Office.Attempt: claim -> read the fact -> send -> succeeded | again later | failed
//
// A delivery is named after its event and its rule, so that a fact that is read twice is queued once. It
// holds no content: the fact is read again from the stream of events when it is sent. A try is claimed by
// a change of the delivery (next try after [Office.Lease]), which only one process wins; if that process
// dies, the delivery is due again when the claim has run out. So a notice is sent at least once, always
// under the same id (the delivery's), by which receivers forget repetitions.
//
// Tries follow [waits] with a little chance; a receiver that asks for a longer pause gets it. Nobody is told
// of anything that is older than a day, and nobody of deliveries: that would never end.
//
// Errors of senders say by their kind whether another try makes sense (fault.Retryable). Times are UTC.
package delivery
