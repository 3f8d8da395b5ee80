// Package drivetarget writes restored files into a drive through Graph: restore.Target over package
// graph/drive.
//
// # What is there already
//
// A restore first reads the drive by a delta query without a token, a thousand items per request, as
// long as the drive is not too large for what is to be restored ([Target.Prepare]). Of a larger drive it lists
// each folder that something goes to, once, and asks by id for what is not there: people may have moved it.
//
// # Requests
//
// A small file takes two (see drive.Upload), a folder one; in a large drive each takes one more, to ask whether it
// is somewhere else, and each folder that is there one to list it. What is made is noted, and a folder that was
// made is known to be empty.
//
// # No file twice
//
// Files carry no marker; their path is one. A file is uploaded under its own name with the instruction
// to fail if the name is taken, and appears whole or not at all, so a restore that is run again
// finds what it made. (An empty file is made in two steps; see empty.go.) A copy beside an existing file gets
// the time of its last change into its name, "plan (2026-03-04 1022).docx": the same copy has the same name every time.
//
// # The same file
//
// In its own place a file or folder is the one with the same id, wherever it is now; the recycle
// bin does not count. Otherwise it is the one with the same path, compared without case as
// SharePoint does. A file with the same path, size, hash and time of change is left as it is.
// Replacing writes a new version of the file that has the path, so that its earlier contents stay in
// its version history: https://learn.microsoft.com/en-us/graph/api/driveitem-createuploadsession
package drivetarget
