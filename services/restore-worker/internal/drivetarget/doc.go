// Package drivetarget writes restored files into a drive through Graph: restore.Target over package
// graph/drive.
//
// # What is there already
//
// A restore of many items first reads the whole drive by a delta query without a token, a few
// hundred items per request; one of few asks for each item instead ([Target.Prepare]).
//
// # No file twice
//
// Files carry no marker; their path is one. A file is uploaded under its own name with the instruction
// to fail if the name is taken, and appears whole or not at all, so a restore that is run again
// finds what it made. (An empty file is made in two steps; see empty.go.) A copy beside an existing file gets the time of its last change into its name,
// "plan (2026-03-04 1022).docx": the same copy has the same name every time.
//
// # The same file
//
// In its own place a file or folder is the one with the same id, wherever it is now; the recycle
// bin does not count. Otherwise it is the one with the same path, compared without case as
// SharePoint does. A file with the same path, size, hash and time of change is left as it is.
// Replacing writes a new version of the file that has the path, so that its earlier contents stay in
// its version history: https://learn.microsoft.com/en-us/graph/api/driveitem-createuploadsession
package drivetarget
