// Package mime writes messages of a snapshot as RFC 5322. Where the snapshot has the text that
// Exchange gave out (signed and encrypted mail, and classes other than IPM.Note), that is
// the message, byte for byte. Otherwise it is built from the JSON that Graph served:
//
//	multipart/mixed                     if there are attachments
//	  multipart/related                 if some of them are shown inside the body (RFC 2387)
//	    text/plain or text/html
//	    inline attachments, with Content-ID
//	  attachments; attached messages as message/rfc822
//
// Headers: Date, From, Sender, To, Cc, Bcc, Reply-To, Subject, Message-Id, Importance, Keywords
// (categories), Thread-Index, Disposition-Notification-To, and X-Unsent for drafts, which
// Outlook opens for writing. Headers that JSON does not carry (Received, DKIM-Signature...) are not there.
package mime
