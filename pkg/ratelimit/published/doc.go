// Package published is what Microsoft publishes about its limits, as data: limits.json has a row for every limit,
// with its source, and one for every call of the API, with what it costs. Nothing else in the product knows a number
// of Microsoft's.
//
//	prices := published.For(published.Size{Users: 300, Licences: 280})
//	price, known := prices.Of("GET", address, 0)     // what a call costs, in which scope of the ledger
//	area, owner := published.AreaOf(price.Scope)      // mail, and whose mailbox
//
// Rows of calls are tried from the top; the first that fits decides. In a path, {name} is any one segment, "..." any
// number of them, and {drive} a drive, site or share however it is addressed. "token" means that the address carries a
// delta token. WRITE is every method but GET and HEAD. A cost called "units" is charged to every budget of the area
// whose name begins so: the minute, the five minutes and the day.
//
// Limits that are not in the table, since no call of ours meets them: 130,000 requests in ten seconds per application
// over all tenants, egress of 400 GB an hour, and SharePoint's limits per user, which concern delegated access. The
// limits of Teams are those per application and tenant; a row with "each" has a budget of its own for every channel.
//
// Of a mailbox's concurrency, "slots" is how many calls may be in flight.
package published
