// Package directory reads the users and groups of a tenant: by delta, one by one, and what says
// whether a user has a mailbox or a drive at all. It is the room of the typed SDK; its own structs
// are what comes out.
//
// A delta round calls back for every object that changed since the link, in no order, an object
// possibly more than once: the last one counts. What comes for a user is the whole selected state,
// not only what changed. A link lives seven days; a lost one is fault.Resync, and the caller reads
// again with no link, which reports every object that exists now
// (https://learn.microsoft.com/en-us/graph/delta-query-overview).
package directory
