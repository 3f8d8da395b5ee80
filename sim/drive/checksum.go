package drive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/control"
	"github.com/tenantkeep/tenantkeep/sim/directory"
)

// Name is how the control API calls drives.
func (s *Store) Name() string { return "files" }

// Checksum describes all folders by their path, and all files by path, size, SHA-256 and the dates
// of fileSystemInfo. Ids, tags and versions do not count.
func (s *Store) Checksum(user directory.Person) (lines []control.Line, err error) {
	if !s.config.Directory.Licensed(user.ID, directory.SharePoint) {
		return nil, nil
	}
	d := s.drive(user)
	d.mu.RLock()
	defer d.mu.RUnlock()
	d.root.walk(func(i *item) {
		line := control.Line{Path: i.path(), Name: i.name, Kind: "folder", Digest: digest(i.path())}
		if !i.folder() {
			sum, failed := i.content.SHA256()
			if failed != nil && err == nil {
				err = failed
			}
			line.Kind = "file"
			line.Detail = fmt.Sprintf("size=%d sha256=%s created=%s modified=%s", i.size, sum, i.created.Format(time.RFC3339), i.modified.Format(time.RFC3339))
			line.Digest = digest(line.Detail)
		}
		lines = append(lines, line)
	})
	return lines, err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}
