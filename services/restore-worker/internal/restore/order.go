package restore

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Policy is what happens to an item that the target has already.
type Policy uint8

// The policies.
const (
	SkipExisting    Policy = iota // leave what is there
	CopyBeside                    // put the restored one beside it
	ReplaceExisting               // put the restored one in its place
)

// Order is what a person asked for.
type Order struct {
	ID        string // of the restore; marks what it makes
	Selectors []snapshot.Selector
	Policy    Policy
	InPlace   bool   // back to the resource that it came from, each item to its own folder
	Into      string // path of a folder below which everything goes; empty for the folders' own places
}

// Mark is what a restored item says of itself.
type Mark struct {
	Item       string // which item it was made from; empty if it is not marked at all
	Version    string // which version of that
	Restore    string // by which restore
	Unfinished bool   // not all of it is there yet
}

// identity is the mark of what an item becomes: short, and telling nobody anything.
func identity(item snapshot.Item, restore string) Mark {
	return Mark{Item: digest(item.ID, 16), Version: digest(item.ID+"\x00"+item.Version, 8), Restore: restore}
}

func digest(text string, size int) string {
	sum := sha256.Sum256([]byte("tenantkeep restored item\x00" + text))
	return base64.RawURLEncoding.EncodeToString(sum[:size])
}
