// Package seal keeps small secrets (client secrets, certificates, tokens, passwords) unreadable to
// whoever holds only the place where they lie: a bucket, a cache, a copy of either.
//
//	ring, err := seal.Open(dataDir + "/seal.key")      32-byte keys, base64, one per line, file mode 0600
//	box := ring.For("credentials")                     a key of its own for each purpose
//	sealed := box.Seal(secret, []byte("connections/a1")) // context: where the secret belongs
//	secret, err := box.Open(sealed, []byte("connections/a1"))
//
// A sealed value is
//
//	1 byte   format, 1
//	4 bytes  key id: the first bytes of SHA-256 of the key
//	12 bytes nonce, random
//	rest     AES-256-GCM, with purpose and context as associated data
//
// so a value that is copied to another place, or sealed for another purpose, does not open. Keys of
// purposes are derived with HKDF-SHA256 (RFC 5869). The first key of the file seals, all of them open:
// a key is rotated by writing a new one above it. GCM with random nonces is safe for 2^32 values per
// key (NIST SP 800-38D, section 8.3), far more than credentials and tokens will ever be.
//
// Errors: Precondition with reason SEAL_KEY_LOST if no key of the file has sealed the value, Invalid
// with reason SEAL_BROKEN if the value was altered or belongs elsewhere.
package seal
