package content

import (
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Drive is the container of everything in a drive.
const Drive = "drive"

// The parts of an item.
const (
	Item = "item"    // JSON as Graph served it
	MIME = "mime"    // a message, RFC 5322
	File = "content" // a file's bytes
)

// The columns of a message, which a search looks into.
const (
	ColumnFrom = "from" // "Ada Lovelace <ada@example.com>"
	ColumnTo   = "to"   // the same for the recipients, separated by ", "; cut after 20
)

// Attachment is the part of attachment n, counted from 0.
func Attachment(n int) string { return "attachment/" + strconv.Itoa(n) }

// AttachmentContent is the part of the bytes of attachment n, where they are kept by themselves.
func AttachmentContent(n int) string { return Attachment(n) + "/content" }

// SnapshotID is the last part of a snapshot's name.
func SnapshotID(sequence uint64) string { return strconv.FormatUint(sequence, 10) }

// ParseSnapshotID is the vault's sequence of a snapshot: 0, the newest one, for "" and "latest".
func ParseSnapshotID(id string) (uint64, error) {
	if id == "" || strings.EqualFold(id, "latest") {
		return 0, nil
	}
	sequence, err := strconv.ParseUint(id, 10, 64)
	if err != nil || sequence == 0 {
		return 0, fault.New(fault.Invalid, "read snapshot id", strconv.Quote(id)+" is not a snapshot's number",
			fault.Next("list the snapshots: tenantkeep snapshot list RESOURCE"))
	}
	return sequence, nil
}
