package api

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// WatchJob streams a job and its progress until it has ended.
func (s jobService) WatchJob(request *backupv1.WatchJobRequest, stream grpc.ServerStreamingServer[backupv1.WatchJobResponse]) error {
	connection, id, err := names.ParseJob(request.GetName())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	progress := make(chan *backupv1.Progress, 1)
	watched := make(chan error, 1)
	go func() { watched <- s.queue.Watch(ctx, id, func(data []byte) { newest(progress, data) }) }()
	defer func() {
		cancel()
		<-watched //nolint:errcheck // it ends because it is told to
	}()

	changed, stop := s.hub.watch(topic{connection, id})
	defer stop()
	var latest *backupv1.Progress
	for {
		job, err := s.find(connection, id)
		if err != nil {
			return err
		}
		if job = proto.CloneOf(job); latest != nil && !outbox.Ended(job) {
			job.Progress = latest
		}
		if err := stream.Send(&backupv1.WatchJobResponse{Job: job}); err != nil || outbox.Ended(job) {
			return fault.Wrap("watch job", err)
		}
		select {
		case latest = <-progress:
		case <-changed:
		case err := <-watched:
			watched <- nil // for the deferred wait
			if ctx.Err() == nil {
				return fault.Wrap("watch job", err)
			}
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// newest replaces what the watcher has not looked at yet.
func newest(progress chan *backupv1.Progress, data []byte) {
	report := &backupv1.Progress{}
	if proto.Unmarshal(data, report) != nil {
		return // from a newer version
	}
	select {
	case <-progress:
	default:
	}
	select {
	case progress <- report:
	default:
	}
}
