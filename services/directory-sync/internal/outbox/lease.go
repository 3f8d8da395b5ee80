package outbox

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// savedLease is the JSON of a lease.
type savedLease struct {
	Owner string    `json:"owner,omitempty"` // empty: free
	Run   string    `json:"run,omitempty"`
	Until time.Time `json:"until"`
	Wrote uint64    `json:"wrote"` // sequence of the last user that any run wrote
}

// lease is one run's right to write. All its writes go through commit.
type lease struct {
	*Directory
	connection m365.ConnectionID
	by         run.Run
	ctx        context.Context
	lose       context.CancelCauseFunc
	kept       chan struct{} // closed when keep has ended

	mu       sync.Mutex
	sequence uint64
	wrote    uint64
}

var errLost = fault.New(fault.Conflict, "", "another process took the sync over", fault.Reason("SYNC_TAKEN_OVER"),
	fault.Next("nothing: that process goes on with it"))

func leaseKey(connection m365.ConnectionID) state.Key { return internal(connection, "lease") }

// Lease implements run.Directory. It returns when all that earlier runs wrote can be seen.
func (o Ours) Lease(ctx context.Context, connection m365.ConnectionID, by run.Run) (run.Lease, error) {
	l, err := o.lease(ctx, connection, by)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (o Ours) lease(ctx context.Context, connection m365.ConnectionID, by run.Run) (*lease, error) {
	record, err := o.config.State.Get(ctx, leaseKey(connection))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	var held savedLease
	if err == nil {
		_ = json.Unmarshal(record.Data, &held) // unreadable is free
	}
	if left := held.Until.Sub(o.config.Now()); held.Owner != "" && left > 0 {
		return nil, running(left)
	}
	if err := o.Directory.Users.WaitFor(ctx, held.Wrote); err != nil {
		return nil, err
	}
	l := &lease{Directory: o.Directory, connection: connection, by: by, kept: make(chan struct{}), sequence: record.Sequence, wrote: held.Wrote}
	l.ctx, l.lose = context.WithCancelCause(ctx)
	if err := l.commit(); err != nil {
		l.lose(nil)
		if fault.Is(err, fault.Conflict) {
			return nil, running(o.config.LeaseFor)
		}
		return nil, err
	}
	go l.keep()
	return l, nil
}

func running(left time.Duration) error {
	return fault.New(fault.Conflict, "", "a sync of this connection is running", fault.Reason("SYNC_RUNNING"),
		fault.After(left), fault.Next("wait for it to end, or try again"))
}

// Context implements run.Lease.
func (l *lease) Context() context.Context { return l.ctx }

// keep renews the lease while nothing else does, until it is lost or released.
func (l *lease) keep() {
	defer close(l.kept)
	tick := time.NewTicker(l.config.LeaseFor / 3)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.commit(); fault.Is(err, fault.Conflict) {
			l.lose(errLost)
		}
	}
}

// commit writes changes together with the lease: all of them, if the lease is still ours.
func (l *lease) commit(changes ...state.Change) error {
	return l.put(l.ctx, savedLease{Owner: l.config.Owner, Run: l.by.ID, Until: l.config.Now().Add(l.config.LeaseFor)}, changes...)
}

func (l *lease) put(ctx context.Context, next savedLease, changes ...state.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next.Wrote = l.wrote
	data, err := json.Marshal(next)
	if err != nil {
		return fault.As(fault.Internal, "write lease", err)
	}
	own := state.Change{Key: leaseKey(l.connection), Fact: "lease-changed", Data: data, Expect: l.sequence}
	records, err := l.config.State.Commit(ctx, append(changes, own)...)
	if err != nil {
		return err
	}
	l.sequence = records[len(changes)].Sequence
	for _, record := range records {
		if record.Key.Kind == state.KindUser {
			l.wrote = record.Sequence
		}
	}
	return nil
}

// held tells whether nobody else has written the lease since this run did.
func (l *lease) held() error {
	record, err := l.config.State.Get(l.ctx, leaseKey(l.connection))
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if record.Sequence != l.sequence {
		return errLost
	}
	return nil
}

// releaseFor bounds the last write; without it the lease runs out by itself.
const releaseFor = 5 * time.Second

// Release implements run.Lease.
func (l *lease) Release() {
	l.lose(nil)
	<-l.kept
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), releaseFor)
	defer cancel()
	_ = l.put(ctx, savedLease{Until: l.config.Now()}) // lost leases are not ours to free
}
