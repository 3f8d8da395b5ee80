package mailtarget

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

const markForm = "1" // of the text; others are not ours to read

func marker(mark restore.Mark) string {
	return strings.Join([]string{markForm, mark.Item, mark.Version, mark.Restore}, ".")
}

// markOf reads the marker of a message. A form that is not known counts as another item's, so
// that it is neither taken for the same nor overwritten.
func markOf(e mail.Existing) restore.Mark {
	if e.Marker == "" {
		return restore.Mark{}
	}
	parts := strings.SplitN(e.Marker, ".", 4)
	if len(parts) != 4 || parts[0] != markForm {
		return restore.Mark{Item: e.Marker}
	}
	return restore.Mark{Item: parts[1], Version: parts[2], Restore: parts[3], Unfinished: !e.Finished}
}
