// Package throttle refuses requests as Microsoft publishes it: per app and mailbox for Outlook,
// resource units per app and tenant for the directory and for files.
//
// Windows slide: a window is twenty slots, and a request is refused if the slots of the last
// window together are full. Retry-After is the time until enough of them have passed.
//
// Sources:
//   - https://learn.microsoft.com/graph/throttling-limits (Outlook; identity and access)
//   - https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
package throttle
