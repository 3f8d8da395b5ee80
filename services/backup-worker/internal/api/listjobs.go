package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// ListJobs lists jobs of all kinds, newest first.
func (s jobService) ListJobs(_ context.Context, request *backupv1.ListJobsRequest) (*backupv1.ListJobsResponse, error) {
	connection, err := names.ParseParent(request.GetParent())
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	all := s.jobs(connection, request.GetState())
	from, found := slices.BinarySearchFunc(all, after, func(job *backupv1.Job, key string) int { return cmp.Compare(listKey(job), key) })
	if found {
		from++
	}
	if after == "" {
		from = 0
	}
	page := all[from:]
	if len(page) <= limit {
		return &backupv1.ListJobsResponse{Jobs: page}, nil
	}
	page = page[:limit]
	return &backupv1.ListJobsResponse{Jobs: page, NextPageToken: writeToken(listKey(page[limit-1]))}, nil
}

// jobs are all of a connection in the order of their list keys.
func (a *API) jobs(connection m365.ConnectionID, state backupv1.JobState) []*backupv1.Job {
	var all []*backupv1.Job
	keep := func(job *backupv1.Job) {
		if state == backupv1.JobState_JOB_STATE_UNSPECIFIED || job.GetState() == state {
			all = append(all, job)
		}
	}
	for job := range a.views.Jobs.All(connection) {
		keep(job.Value)
	}
	for restore := range a.views.Restores.All(connection) {
		keep(jobOf(restore.Key.Connection, restore.Key.ID, restore.Value))
	}
	slices.SortFunc(all, func(a, b *backupv1.Job) int { return cmp.Compare(listKey(a), listKey(b)) })
	return all
}

// farFuture is after every time that a job can be of: what is subtracted from it sorts newest first.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// listKey orders jobs, newest first; the name makes it unique. It is a fixed-width text, so that it
// can be a page token.
func listKey(job *backupv1.Job) string {
	age := time.UnixMicro(farFuture.UnixMicro() - job.GetCreateTime().AsTime().UnixMicro()).UTC()
	return age.Format("20060102150405.000000") + job.GetName()
}
