package outbox

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// Ending is how a job ended.
type Ending int

// The endings.
const (
	Complete Ending = iota
	Partial         // done but for some items, which are on record
	Failed
	Cancelled
)

// Result is how a backup ended.
type Result struct {
	Ending                 Ending
	Sequence               uint64 // the vault's, of the snapshot; 0 if none was made
	Full                   bool
	Items, Added, Changed  int64
	Deleted, FailedItems   int64
	BytesRead, BytesStored int64
	Requests, Throttled    int64
	Problem                *Problem // nil unless it failed
	Lacks                  []Lack   // the first of the items that failed
}

// Lack is an item that could not be backed up.
type Lack struct {
	Item    string
	Problem Problem
}

// Problem is a failure as a person needs it.
type Problem struct{ Reason, Cause, Next, RequestID string }

// Progress is how far a job is.
type Progress struct {
	Items, Total, Failed int64
	Bytes, TotalBytes    int64
	ItemRate, ByteRate   float64 // a second
	WaitingFor           string
	Left                 time.Duration // 0: nobody knows
	Requests             int64
}

// Found is what a verification found.
type Found struct {
	Sequence     uint64
	Items, Bytes int64
	Damages      []Damage // the first 1,000
	Damaged      int64
}

// Damage is an item that cannot be read back.
type Damage struct {
	Item    string
	Problem Problem
}

// Encode makes the message that watchers of a job get.
func (p Progress) Encode() []byte {
	data, err := proto.Marshal(p.message())
	if err != nil {
		return nil // texts that are not UTF-8 do not marshal: the next report will
	}
	return data
}

func (p Progress) message() *backupv1.Progress {
	m := &backupv1.Progress{
		ItemsDone: p.Items, ItemsTotal: p.Total, ItemsFailed: p.Failed, BytesDone: p.Bytes, BytesTotal: p.TotalBytes,
		ItemsPerSecond: p.ItemRate, BytesPerSecond: p.ByteRate, WaitingFor: p.WaitingFor, Requests: p.Requests,
	}
	if p.Left > 0 {
		m.TimeLeft = durationpb.New(p.Left)
	}
	return m
}

func (p *Problem) message() *typev1.Problem {
	if p == nil {
		return nil
	}
	return &typev1.Problem{Reason: p.Reason, Cause: p.Cause, Next: p.Next, RequestId: p.RequestID}
}

var outcomes = map[Ending]backupv1.BackupOutcome{
	Complete: backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE, Partial: backupv1.BackupOutcome_BACKUP_OUTCOME_PARTIAL,
	Failed: backupv1.BackupOutcome_BACKUP_OUTCOME_FAILED, Cancelled: backupv1.BackupOutcome_BACKUP_OUTCOME_CANCELLED,
}

var endings = map[Ending]backupv1.JobState{
	Complete: backupv1.JobState_JOB_STATE_SUCCEEDED, Partial: backupv1.JobState_JOB_STATE_PARTIAL,
	Failed: backupv1.JobState_JOB_STATE_FAILED, Cancelled: backupv1.JobState_JOB_STATE_CANCELLED,
}

func (b *Book) result(run Run, r Result) *backupv1.BackupResult {
	snapshot := ""
	if r.Sequence > 0 {
		snapshot = names.Snapshot(run.Connection, run.Resource, content.SnapshotID(r.Sequence))
	}
	return &backupv1.BackupResult{
		Job: names.Job(run.Connection, run.ID), Snapshot: snapshot, Outcome: outcomes[r.Ending], Full: r.Full,
		StartTime: timestamppb.New(run.Started), EndTime: timestamppb.New(b.now()),
		Items: r.Items, Added: r.Added, Changed: r.Changed, Deleted: r.Deleted, Failed: r.FailedItems,
		BytesRead: r.BytesRead, BytesStored: r.BytesStored, Requests: r.Requests, Throttled: r.Throttled, Problem: r.Problem.message(),
	}
}

func lacks(r Result) []*backupv1.FailedItem {
	var items []*backupv1.FailedItem
	for _, lack := range r.Lacks {
		items = append(items, &backupv1.FailedItem{ItemId: lack.Item, Problem: lack.Problem.message()})
	}
	return items
}

func (b *Book) verification(run Run, found Found) *backupv1.Verification {
	v := &backupv1.Verification{
		Snapshot: names.Snapshot(run.Connection, run.Resource, content.SnapshotID(found.Sequence)),
		Items:    found.Items, Bytes: found.Bytes, DamagedCount: found.Damaged,
	}
	for _, damage := range found.Damages {
		v.Damaged = append(v.Damaged, &backupv1.Damage{Item: damage.Item, Problem: damage.Problem.message()})
	}
	return v
}
