// Package wire is how Microsoft Graph speaks: paths and their templates, OData query options,
// preferences, JSON, pages and errors. It knows nothing of users or mail; the packages that do
// declare [Route]s and answer [Call]s.
//
// A path is matched after it has been brought into one form, because clients spell the same
// resource in several ways:
//
//	users('a@b.c')/messages        users/a@b.c/messages
//	messages/microsoft.graph.delta() messages/delta
//	root:/a/b.txt:/content         root: / "a/b.txt" / content
//
// JSON of large pages is appended to byte slices, never reflected, so that serving a page costs
// the simulator far less than reading it costs a client.
//
// Sources:
//   - query options: https://learn.microsoft.com/graph/query-parameters
//   - errors: https://learn.microsoft.com/graph/errors
//   - paging: https://learn.microsoft.com/graph/paging
//   - OData JSON format 4.01: https://docs.oasis-open.org/odata/odata-json-format/v4.01/
package wire
