package api

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// StartBackup queues a backup by hand.
func (s backups) StartBackup(ctx context.Context, request *backupv1.StartBackupRequest) (*backupv1.StartBackupResponse, error) {
	connection, id, err := names.ParseResource(request.GetResource())
	if err != nil {
		return nil, err
	}
	asked, err := byHand(ctx, request.GetRequestId(), request.GetFull())
	if err != nil {
		return nil, err
	}
	job, err := s.book.RequestBackup(ctx, connection, id, asked)
	if err != nil {
		return nil, err
	}
	return &backupv1.StartBackupResponse{Job: job.Value}, s.views.Jobs.WaitFor(ctx, job.Sequence)
}

// maxRequestID is enough for a UUID in any notation.
const maxRequestID = 64

// byHand is the request of a caller, who means what is in the resource now.
func byHand(ctx context.Context, id string, full bool) (outbox.Request, error) {
	if len(id) > maxRequestID {
		return outbox.Request{}, fault.New(fault.Invalid, "start backup", fmt.Sprintf("the request id has %d bytes", len(id)),
			fault.Reason("REQUEST_ID_LONG"), fault.Next(fmt.Sprintf("use at most %d, such as a UUID", maxRequestID)))
	}
	return outbox.Request{ID: id, Queue: jobs.Interactive, Origin: command(ctx), Full: full, Follow: true}, nil
}

// atOnce is how many jobs are written at a time: the server syncs them to disk together.
const atOnce = 16

// StartAllBackups queues a backup of all that is protected in a connection.
func (s backups) StartAllBackups(ctx context.Context, request *backupv1.StartAllBackupsRequest) (*backupv1.StartAllBackupsResponse, error) {
	connection, err := names.ParseConnection(request.GetParent())
	if err != nil {
		return nil, err
	}
	protected, _ := s.views.Resources.Page(connection, "", 0, func(resource outbox.Resource) bool { return resource.Value.GetProfile() != "" })
	reply := &backupv1.StartAllBackupsResponse{Jobs: make([]*backupv1.Job, len(protected))}
	sequences := make([]uint64, len(protected))
	asked, err := byHand(ctx, request.GetRequestId(), request.GetFull())
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, resource := range protected {
		group.Go(func() error {
			job, err := s.book.RequestBackup(ctx, connection, m365.ResourceID(resource.Key.ID), asked)
			reply.Jobs[i], sequences[i] = job.Value, job.Sequence
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, sequence := range sequences {
		if err := s.views.Jobs.WaitFor(context.WithoutCancel(ctx), sequence); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// StartVerify queues a verification of a snapshot.
func (s vaults) StartVerify(ctx context.Context, request *backupv1.StartVerifyRequest) (*backupv1.StartVerifyResponse, error) {
	connection, id, snapshot, err := names.ParseSnapshot(request.GetSnapshot())
	if err != nil {
		return nil, err
	}
	sequence, err := content.ParseSnapshotID(snapshot)
	if err != nil {
		return nil, err
	}
	if snapshot = "latest"; sequence > 0 {
		snapshot = content.SnapshotID(sequence)
		if err := s.find(ctx, connection, id, sequence); err != nil {
			return nil, err
		}
	}
	job, err := s.book.RequestVerify(ctx, connection, id, snapshot, command(ctx))
	if err != nil {
		return nil, fault.Wrap("start verification", err)
	}
	return &backupv1.StartVerifyResponse{Job: job.Value}, s.views.Jobs.WaitFor(ctx, job.Sequence)
}

// find refuses the number of a snapshot that is not there: numbers have gaps, where a backup was
// interrupted or a snapshot has expired.
func (s vaults) find(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, sequence uint64) error {
	resource, err := s.book.Resource(ctx, connection, id)
	if err != nil {
		return err
	}
	err = s.snapshots.Find(ctx, connection, resource.Value.GetUnit(), sequence)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "start verification", fmt.Sprintf("the resource has no snapshot %d", sequence),
			fault.Reason("SNAPSHOT_NOT_FOUND"), fault.Next("list the snapshots: tenantkeep snapshot list RESOURCE"))
	}
	return fault.Wrap("start verification", err)
}
