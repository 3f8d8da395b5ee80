package drive

import (
	"path"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// Options of a run.
type Options struct {
	backup.Run
	Patterns []string // of file names that are left out: *.tmp
	MaxBytes int64    // larger files are left out; 0 for none
}

// excludes tells whether a file is left out.
func (o Options) excludes(c Change) bool {
	if !c.File {
		return false
	}
	if o.MaxBytes > 0 && c.Size > o.MaxBytes {
		return true
	}
	for _, pattern := range o.Patterns {
		if fits, err := path.Match(strings.ToLower(pattern), strings.ToLower(c.Name)); err == nil && fits {
			return true
		}
	}
	return false
}

// policy is what has to be the same for a link to be of use: what was left out so far would not come
// by again.
func (o Options) policy() string {
	if len(o.Patterns) == 0 && o.MaxBytes == 0 {
		return ""
	}
	return strconv.FormatInt(o.MaxBytes, 10) + " " + strings.Join(o.Patterns, "\x00")
}
