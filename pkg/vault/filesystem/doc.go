// Package filesystem keeps a vault's objects as files under a directory.
//
// An object is written to a temporary file and synced, then linked to its name, which fails if the
// name exists, and the directories are synced. So an object is there whole or not at all, once
// Create has returned it survives a loss of power, and of two creators one is refused, on one
// machine or over NFS (link(2) is the operation that NFS promises to be exclusive).
//
// Temporary files are in the directory ".tmp"; what a crash left there is removed at New once it
// is a day old.
package filesystem
