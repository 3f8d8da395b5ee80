// Package mailtarget writes restored mail into a mailbox through Graph: restore.Target over package
// graph/mail.
//
// # What is there already
//
// A restore of a good part of the mailbox first lists all messages of all folders, a thousand
// per request and with nothing but ids, Message-ID, time of receipt and our marker, and answers
// from that list. For a few items out of a large mailbox it asks for each instead; whichever takes
// fewer requests ([Target.Prepare]).
//
// # Marker
//
// A created message carries its restore.Mark in the single-value extended property that package
// graph/mail names, as 1.<item>.<version>.<restore>. Extended properties are not shown to people:
// https://learn.microsoft.com/en-us/graph/api/resources/extended-properties-overview
//
// # Folders
//
// In its own place a folder is the one with the same well-known name, else the one with the same id
// unless that was thrown away, else the one with the same name under the same parent. Messages that
// are in the deleted items count as thrown away, except for what is restored to there.
//
// # Attachments
//
// What fits goes along with the message, up to 3 MB of JSON in all, also if the snapshot keeps its content
// apart: so most messages cost one request. The rest follows one by one, large files in upload sessions. A message is marked unfinished until the last one is there. What an interrupted
// restore left unfinished is removed for good and made again. An attached message too large for
// Graph to take as one becomes an attached .eml file.
package mailtarget
