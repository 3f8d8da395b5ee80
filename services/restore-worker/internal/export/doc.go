// Package export writes items of a snapshot into files that other programs read.
//
//	EML   one message, RFC 5322
//	MBOX  all messages one after the other, RFC 4155 with the quoting of mboxrd: every line that
//	      begins with "From ", after any number of ">", gets one more ">"
//	ZIP   the folders of the snapshot, messages as .eml, files as they are
//
// Everything is streamed: a ZIP of any size needs memory for the names in it and for one message.
// Entries beyond 4 GiB and beyond 65,535 are written in the ZIP64 form.
//
// # Names in a ZIP
//
// A name is made safe for every file system that an archive may be unpacked on: no path separators,
// control characters, or characters that Windows refuses, no reserved device names, no blank
// or dot at its end, at most 120 bytes; names that would collide without regard to case get a number. No
// entry can leave the directory that the archive is unpacked in.
//
// # Failure
//
// An item that cannot be read costs only itself: it is in the summary, and in a ZIP in the file
// "not exported.txt" at its end. A large file that breaks off in its middle leaves its first part in
// the archive under its name, and is listed there too.
package export
