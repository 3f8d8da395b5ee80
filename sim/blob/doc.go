// Package blob is the content of simulated files: bytes that are made up when they are read, that
// lie on this machine's disk, or that a client sent.
//
//	Made(shape, size, seed)   of any size, from nothing; readable at any offset
//	Disk(path, size)          a real file, opened when it is read
//	Spool.Reserve(n)          what clients upload: one file without a name, on disk
//
// No content is kept in memory. A [Content] never changes, so its hashes are computed once and
// kept: quickXorHash, which OneDrive for Business shows, and SHA-256, by which the simulator
// proves what is there. Sizes are bytes.
package blob
