// Package walk is a client that calls every route of a simulated tenant once, the way that other
// people's clients do: the ones that Tenantkeep needs, and the ones that it does not.
//
//	walk.Run(ctx, "http://127.0.0.1:8365")        -> error of the first call that was not answered as it should be
//	walk.Untouched(ctx, "http://127.0.0.1:8365")  -> routes that nobody has called since the ledger began
//
// To subscribe to changes it listens on 127.0.0.1, so the tenant has to be on the same machine.
//
// It makes a user with a licence, works in that user's mailbox and drive, and removes the user
// again, so the content of everybody else is as it was. Requests are written after the pages of
// Microsoft's reference (https://learn.microsoft.com/graph/api/overview), so that a recording of
// the walk can be judged by Microsoft's metadata.
package walk
