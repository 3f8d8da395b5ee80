package outbox

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// kindOfJob is what the queue calls a restore.
const kindOfJob = "restore"

// Job is a restore as the queue has it: in the place of what is written to.
func Job(connection m365.ConnectionID, id string, restore *restorev1.Restore) jobs.Job {
	return jobs.Job{
		ID: id, Class: jobs.Restore, Connection: connection, Resource: Last(restore.GetTargetResource()), Kind: kindOfJob,
		Created: restore.GetCreateTime().AsTime(),
	}
}

// TargetUser is whose mailbox or drive is written to. Ids of resources are workload-user.
func TargetUser(r *restorev1.Restore, workload m365.Workload) m365.UserID {
	return m365.UserID(strings.TrimPrefix(Last(r.GetTargetResource()), string(workload)+"-"))
}

// Selectors reads selections.
func Selectors(selections []*restorev1.Selection) []snapshot.Selector {
	var selectors []snapshot.Selector
	for _, s := range selections {
		selectors = append(selectors, snapshot.Selector{Path: s.GetPath(), ID: s.GetItemId()})
	}
	return selectors
}

// Last is the last part of a name.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
