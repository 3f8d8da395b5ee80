// Package m365 is the vocabulary of Microsoft 365 that every other package speaks: typed ids,
// workloads and clouds. It imports the standard library and nothing else, so that a domain can
// use it without pulling in a client.
//
// Ids are opaque text as Microsoft Graph or Tenantkeep issues them: case-sensitive, never
// parsed, never shown in metrics. They are typed so that a drive id cannot be passed where a
// user id belongs; text becomes an id once, at the edge (api, inbox, adapters).
package m365
