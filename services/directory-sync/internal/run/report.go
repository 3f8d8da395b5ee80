package run

import (
	"time"

	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// Report is what a sync did.
type Report struct {
	Read                                     int // persons and groups that Entra reported
	Provisioned, Updated, Suspended, Removed int
	Failed                                   []Failure
	Ended                                    time.Time
}

func (r *Report) count(planned []Planned, failed []Failure) {
	r.Failed = append(r.Failed, failed...)
	left := map[string]bool{}
	for _, failure := range failed {
		left[string(failure.User)] = true
	}
	for _, change := range planned {
		if left[string(change.After.ID)] {
			continue
		}
		switch change.Action {
		case directory.Provision:
			r.Provisioned++
		case directory.Update:
			r.Updated++
		case directory.Suspend:
			r.Suspended++
		case directory.Remove:
			r.Removed++
		case directory.Nothing:
		}
	}
}
