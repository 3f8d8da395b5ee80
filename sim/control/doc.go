// Package control is how a test or a demonstration plays fate with the simulated tenant, over
// HTTP below /sim/. Nothing here exists in Microsoft 365, and the product never calls it.
//
//	GET  /sim/tenant                        tenant id, domain, client id and secret, users
//	GET  /sim/ledger     POST /sim/ledger/reset
//	GET  /sim/routes                        every route of Graph that is served, as the ledger names it
//	GET  /sim/faults     POST /sim/faults   DELETE /sim/faults[/{id}]   GET /sim/quirks
//	POST /sim/apps                          register or change an application
//	POST /sim/settings                      latency, throttling, token lifetime, gzip, how slowly the directory spreads changes
//	GET  /sim/limits                        the published limits of this tenant, with their sources
//	GET  /sim/notifications                 subscriptions and what was posted
//	POST /sim/lifecycle                     reauthorizationRequired, subscriptionRemoved, missed
//	POST /sim/expire                        make delta tokens worthless
//	POST /sim/change                        a day of work, or a disaster
//	POST /sim/file                          a made-up file of any size on a drive
//	GET  /sim/checksum                      what the content is, independent of ids
//
// Answers are JSON; a refusal is status 400 with {"error": text}.
package control
