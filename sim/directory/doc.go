// Package directory is the simulated Entra directory: users, groups, memberships, the recycle
// bin, licences, the organisation and its domains, with delta queries over users and groups.
//
// An object that nobody changed is not kept: its properties are made up from the seed whenever
// they are asked for. Each change gets the next number of one sequence; a delta token is a range
// of that sequence, so a round that starts while others write misses nothing.
//
//	log:    1 .. N creations   N+1 change of user 7   N+2 member of group 3 ...
//	token:  generation, since, until, position, options of the first call
//
// A new generation (see Expire) makes all tokens given out before worthless: status 410 with a
// Location that starts over.
//
// Sources:
//   - users, groups: https://learn.microsoft.com/graph/api/resources/users, .../groups-overview
//   - delta: https://learn.microsoft.com/graph/delta-query-overview, https://learn.microsoft.com/graph/delta-query-groups
//   - deleted items: https://learn.microsoft.com/graph/api/resources/directory
//   - licences: https://learn.microsoft.com/graph/api/user-assignlicense
//   - advanced queries: https://learn.microsoft.com/graph/aad-advanced-queries
package directory
