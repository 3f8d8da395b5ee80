// Package letter is what a mail consists of, wherever it lies: subject, body, people, dates and
// attachments. It is made up from a seed, read from a MIME message, or written by a client; and
// it can be turned into a MIME message.
//
// Text is UTF-8. Times are UTC in whole seconds, as Graph shows them.
//
// Parsing is lenient, since real mailboxes hold what real programs sent: a message that no
// parser understands becomes a text mail of its own bytes, never an error.
//
// Sources: RFC 5322, RFC 2045 to 2049, RFC 2387 (related parts), RFC 2392 (content ids).
package letter
