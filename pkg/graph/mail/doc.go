// Package mail reads and writes one user's mailbox through Graph: folders, what changed in a
// folder, attachments, MIME; and for restoring messages that keep their dates and read state.
//
//	Folders -> Changes(folder, link) -> Change{Raw, Attachments} ... -> next link
//	Draft(raw, marker) -> Create(folder) -> Attach large ones -> finished
//
// What is read stays as Graph served it: a message is the JSON of its page, an attachment the JSON
// of its list. Bodies come with the page, and attachments of up to twenty messages with one batch,
// so a thousand mails, a fifth of them with attachments, cost about two hundred requests of the
// mailbox's ten thousand per ten minutes.
//
// Ids are immutable ids everywhere (a message keeps its id when it is moved between folders):
// https://learn.microsoft.com/en-us/graph/outlook-immutable-id. They are case-sensitive.
//
// A mailbox that does not exist is Precondition with reason GRAPH_NO_MAILBOX.
package mail
