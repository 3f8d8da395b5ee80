// Package throttle refuses requests as Microsoft publishes it. The limits are data with their
// source (see [Published]); each adds up requests, resource units, writes or bytes over a span, or
// requests in flight, for an application, a tenant, or an application and a mailbox:
//
//	request -> all limits that concern it -> counted in all of them, or refused by the one that
//	           makes it wait longest, in the words and with the headers of its service
//
// Windows slide: a window is twenty slots, and a request is refused if the slots of the last
// window together are full. Retry-After is the time until enough of them have passed, so who waits
// that long is let in. Files count what they refuse, too, as SharePoint does.
//
// A simulator has one tenant, so of the limits of an application across all tenants only what this
// tenant takes counts. Bytes of files are added up for all applications together. Limits of signed-in users are left out: there are none.
//
// Sources:
//   - https://learn.microsoft.com/graph/throttling-limits (global; Outlook; identity and access; subscriptions)
//   - https://learn.microsoft.com/graph/throttling (bodies and headers)
//   - https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
package throttle
