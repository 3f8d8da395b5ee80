// Package segment is the sorted tables of the catalog: objects of rows in order with an index and
// a Bloom filter in the footer, read by range and kept decoded in a cache.
//
// Rows are ordered by key, then by seq with the newest first. Of two segments that may hold the
// same key one is newer than the other as a whole.
package segment
