package work

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/drive"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/mailbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/drivesource"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/mailsource"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/vaultsink"
)

// attempt is one try of a backup.
type attempt struct {
	run      outbox.Run
	client   *graph.Client
	vault    *vault.Vault
	meter    graph.Meter
	progress backup.Progress
}

// lenientFrom is after how many failures a part that cannot be read fails by itself instead of
// holding up the rest.
const lenientFrom = 2

// do backs up, and returns the result if there is a snapshot.
func (a *attempt) do(ctx context.Context) (outbox.Result, error) {
	session, err := a.vault.Begin(ctx, vault.UnitID(a.run.Unit), vault.Run{ID: a.run.ID, Record: a.record()})
	if err != nil {
		return outbox.Result{}, err
	}
	defer func() { _ = session.Close() }() // what no checkpoint holds is done again
	if done, ok := session.Finished(); ok {
		result := a.result(done, false)
		result.Lacks = lacks(session.Failures())
		return result, nil
	}
	before, known, err := a.newest(ctx)
	if err != nil {
		return outbox.Result{}, err
	}
	if err := a.back(graph.WithMeter(ctx, &a.meter), session); err != nil {
		return outbox.Result{}, a.checkpoint(ctx, session, err)
	}
	if known && unchanged(session, before) {
		return a.result(before, true), nil
	}
	lacking := lacks(session.Failures())
	snapshot, err := session.Commit(ctx, vault.Outcome{})
	result := a.result(snapshot, false)
	result.Lacks = lacking
	result.Full = a.run.Full || !known
	return result, err
}

func (a *attempt) back(ctx context.Context, session *vault.Session) error {
	sink := vaultsink.New(session, &a.progress)
	run := backup.Run{ID: a.run.ID, Full: a.run.Full, Lenient: a.run.Failures >= lenientFrom}
	switch a.run.Workload {
	case m365.Mail:
		source := mailsource.New(a.client, a.run.User)
		return mailbox.Back(ctx, source, sink, mailbox.Options{Run: run, Exclude: a.run.Policy.MailFolders}, &a.progress)
	case m365.Files:
		source := drivesource.New(a.client, a.run.User)
		return drive.Back(ctx, source, sink, drive.Options{Run: run, Patterns: a.run.Policy.FilePatterns, MaxBytes: a.run.Policy.MaxFileBytes}, &a.progress)
	default:
		return fault.New(fault.Unsupported, "back up", "workload "+string(a.run.Workload), fault.Next("update backup-worker"))
	}
}

// newest is the snapshot before.
func (a *attempt) newest(ctx context.Context) (vault.Snapshot, bool, error) {
	snapshots, err := a.vault.Snapshots(ctx, vault.UnitID(a.run.Unit))
	for i := len(snapshots) - 1; i >= 0; i-- {
		if !snapshots[i].Progress {
			return snapshots[i], true, err
		}
	}
	return vault.Snapshot{}, false, err
}

// freshFor is how long a snapshot stands for an unchanged resource. After that one is made anyway,
// so that the link of the next round of changes does not get too old: Graph forgets links.
const freshFor = 24 * time.Hour

// unchanged tells whether the snapshot before is still what the resource is: then nothing is written.
func unchanged(session *vault.Session, before vault.Snapshot) bool {
	p := session.Progress()
	return !session.Resumed() && p.Checkpoints == 0 && p.Added+p.Changed+p.Deleted == 0 &&
		!before.Partial && len(session.Failures()) == 0 && time.Since(before.Time) < freshFor
}

// checkpoint keeps what a run that ends early has done, if it may still write.
func (a *attempt) checkpoint(ctx context.Context, session *vault.Session, cause error) error {
	if !keeps(ctx, cause) {
		return cause
	}
	ctx, cancel := after(ctx)
	defer cancel()
	if err := session.Checkpoint(ctx); fenced(err) {
		return err
	}
	return cause
}

func (a *attempt) record() []byte {
	return content.Record{
		Connection: string(a.run.Connection), Resource: string(a.run.Resource), Workload: string(a.run.Workload),
		EntraID: string(a.run.User), DisplayName: a.run.DisplayName,
	}.Marshal()
}

// result is what the snapshot and the meters say. same: the snapshot is an earlier one that still holds.
func (a *attempt) result(snapshot vault.Snapshot, same bool) outbox.Result {
	spent := a.meter.Read()
	result := outbox.Result{
		Sequence: snapshot.Seq, Full: a.run.Full, Items: snapshot.Counts.Items,
		Requests: a.run.Requests + spent.Requests, Throttled: spent.Throttled,
	}
	if snapshot.Partial {
		result.Ending = outbox.Partial
	}
	if !same {
		counts := snapshot.Counts
		result.Added, result.Changed, result.Deleted, result.FailedItems = counts.Added, counts.Changed, counts.Deleted, counts.Failed
		result.BytesRead, result.BytesStored = counts.BytesRead, counts.BytesStored
	}
	return result
}
