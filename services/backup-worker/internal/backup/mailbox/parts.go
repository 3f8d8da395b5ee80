package mailbox

import "strconv"

// The parts of a message. They are what package content of the vault says; a test holds them
// together, since the domain knows no vault.
const (
	partItem    = "item"
	partMIME    = "mime"
	partContent = "content"
)

func partAttachment(n int) string { return "attachment/" + strconv.Itoa(n) }
