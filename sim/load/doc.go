// Package load reads real mail from this machine, to become the content of simulated mailboxes:
//
//	a Maildir      cur/ and new/; sub-folders as .Name.Sub (Maildir++); flags S seen, F flagged, D draft
//	an mbox        a file that begins with "From "; mboxrd quoting; Status: R is read, X-Status: F flagged
//	a set of mbox  a folder with nothing but *.mbox files: each is a folder of its name
//
// Every message is kept as the bytes that it was, and is parsed leniently; none is refused. The
// usual names of special folders (Sent, Trash, Spam...) become Exchange's.
//
// Sources: https://cr.yp.to/proto/maildir.html, Maildir++ as Courier documents it, RFC 4155.
package load
