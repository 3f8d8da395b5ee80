package drive

import (
	"strconv"
	"time"
)

// epoch is when the drives were set up. It is fixed, so that the same seed gives the same dates.
var epoch = time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)

// dates are fileSystemInfo.
type dates struct {
	Created  time.Time `json:"createdDateTime"`
	Modified time.Time `json:"lastModifiedDateTime"`
}

// or fills in what is missing. SharePoint keeps whole seconds.
func (d dates) or(created, modified time.Time) dates {
	if d.Created.IsZero() {
		d.Created = created
	}
	if d.Modified.IsZero() {
		d.Modified = modified
	}
	return dates{d.Created.UTC().Truncate(time.Second), d.Modified.UTC().Truncate(time.Second)}
}

func digits(n int) string { return strconv.Itoa(n) }
