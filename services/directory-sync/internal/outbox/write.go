package outbox

import (
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// perBatch is how many users change together: fewer than a batch can hold, since one that cannot be
// written makes the whole batch go one by one.
const perBatch = 200

// decideAgain is asked about a user that is not as it was when its change was decided.
type decideAgain = func(m365.UserID, directory.User) directory.Change

// Write implements run.Lease.
func (l *lease) Write(changes []run.Planned, again func(m365.UserID, directory.User) directory.Change) ([]run.Failure, error) {
	var failed []run.Failure
	for batch := range slices.Chunk(changes, perBatch) {
		err := l.writeAll(batch)
		if singly(err) {
			var some []run.Failure
			some, err = l.writeEach(batch, again)
			failed = append(failed, some...)
		}
		if err != nil {
			return failed, err
		}
	}
	return failed, fault.Wrap("follow own writes", l.Users.WaitFor(l.ctx, l.wrote))
}

// singly tells whether a batch was refused because of one of its members.
func singly(err error) bool {
	return fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Internal)
}

func (l *lease) writeAll(batch []run.Planned) error {
	changes := make([]state.Change, len(batch))
	for i, planned := range batch {
		entity, _ := l.Users.Get(l.connection, string(planned.After.ID))
		var err error
		if changes[i], err = l.change(l.connection, entity, planned, l.by); err != nil {
			return err
		}
	}
	return l.commit(changes...)
}

// writeEach gives every user a chance of its own.
func (l *lease) writeEach(batch []run.Planned, again decideAgain) (failed []run.Failure, err error) {
	for _, planned := range batch {
		err := l.writeOne(planned, again)
		switch {
		case err == nil:
		case fault.Is(err, fault.Invalid) || fault.Is(err, fault.Internal):
			failed = append(failed, run.Failure{User: planned.After.ID, Err: err})
		default:
			return failed, err
		}
	}
	return failed, nil
}

// races is how often one user may be changed by somebody else before it is left for the next sync.
const races = 5

func (l *lease) writeOne(planned run.Planned, again decideAgain) error {
	id := planned.After.ID
	var conflict error
	for range races {
		entity, err := l.users.Get(l.ctx, l.connection, string(id))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		before := directory.User{}
		if err == nil {
			before = userOf(id, entity.Value)
		}
		if planned.Change = again(id, before); planned.Action == directory.Nothing {
			return nil
		}
		change, err := l.change(l.connection, entity, planned, l.by)
		if err != nil {
			return err
		}
		if conflict = l.commit(change); !fault.Is(conflict, fault.Conflict) {
			return conflict
		}
		if err := l.held(); err != nil {
			return err
		}
	}
	return fault.As(fault.Internal, "write user", conflict)
}
