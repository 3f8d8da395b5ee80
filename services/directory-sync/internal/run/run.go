package run

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// Runner syncs connections.
type Runner struct {
	sources Sources
	ours    Directory
	now     func() time.Time
}

// New returns a runner.
func New(sources Sources, ours Directory, now func() time.Time) *Runner {
	return &Runner{sources: sources, ours: ours, now: now}
}

// Order is what a sync is to do beyond the ordinary.
type Order struct {
	Full            bool   // read everything instead of what changed
	AllowMassChange bool   // a person says that many suspensions are meant
	Actor           string // who wants it: person:admin, service:directory-sync
}

// Sync brings our users in line with Entra and the mappings. An error and a report can come together:
// what the guard held back is an error, what was done nevertheless is in the report.
func (r *Runner) Sync(ctx context.Context, connection m365.ConnectionID, order Order) (Report, error) {
	rules := r.ours.Rules(connection)
	if len(rules) == 0 && len(r.ours.Users(connection)) == 0 {
		return Report{Ended: r.now()}, nil // nobody is wanted, so nobody need be read
	}
	source, err := r.sources.Open(ctx, connection)
	if err != nil {
		return Report{}, fault.Wrap("sync directory", err)
	}
	s := &round{Runner: r, connection: connection, source: source, rules: rules, order: order}
	defer s.release()
	if err = s.delta(ctx); errors.Is(err, errFull) || fault.Is(err, fault.Resync) {
		s.release()
		err = s.full(ctx)
	}
	s.report.Ended = r.now()
	return s.report, fault.Wrap("sync directory", err)
}

// round is one sync.
type round struct {
	*Runner
	connection m365.ConnectionID
	source     Source
	rules      directory.Rules
	order      Order
	lease      Lease
	report     Report
}

// errFull says that only a full read helps.
var errFull = errors.New("everything has to be read")

// delta reads what changed. It takes the lease only if there is something to write.
func (s *round) delta(ctx context.Context) error {
	for {
		cursor, err := s.ours.Cursor(ctx, s.connection)
		if err != nil {
			return err
		}
		if s.order.Full || cursor.People == "" {
			return errFull
		}
		found, err := read(ctx, s.source, cursor, s.rules.Groups())
		if err != nil {
			return err
		}
		if found.none() && cursor.idle(s.rules, s.now()) {
			return nil
		}
		ctx, err := s.acquire(ctx)
		if err != nil {
			return err
		}
		now, err := s.ours.Cursor(ctx, s.connection)
		if err != nil {
			return err
		}
		if now.Sequence == cursor.Sequence {
			return s.apply(ctx, found, cursor)
		}
		s.release() // another process went ahead while this one read
	}
}

// full reads everything, with the lease, so that only one process does.
func (s *round) full(ctx context.Context) error {
	ctx, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	cursor, err := s.ours.Cursor(ctx, s.connection)
	if err != nil {
		return err
	}
	found, err := read(ctx, s.source, Cursor{}, s.rules.Groups())
	if err != nil {
		return err
	}
	return s.apply(ctx, found, cursor)
}

// apply decides, writes and remembers.
func (s *round) apply(ctx context.Context, found news, cursor Cursor) error {
	s.report.Read = len(found.people) + len(found.groups)
	mirror, changes, whole, err := s.decide(ctx, found, cursor)
	if err != nil {
		return err
	}
	var refused error
	if !s.order.AllowMassChange {
		changes, refused = directory.Guard(changes, func() int { return s.ours.Active(s.connection) })
	}
	changes = s.confirm(ctx, changes, mirror, found.gone())
	if err := s.write(changes, mirror); err != nil {
		return err
	}
	if refused != nil && found.allOf {
		return refused // a reading that is not believed is not remembered either
	}
	next := found.next
	next.Rules, next.Saved, next.Sequence = fingerprint(s.rules), s.now(), cursor.Sequence
	next.Parts, next.Whole = cursor.Parts, cursor.Whole
	next.Settled = refused == nil && len(s.report.Failed) == 0
	if whole {
		next.Whole = s.now()
	}
	if found.allOf {
		next.Parts = 0 // nothing of the old mirror stays
	}
	if err := s.lease.Save(mirror, next, whole); err != nil {
		return err
	}
	return refused
}

// atMostAFew is up to how many news the others are left alone.
const atMostAFew = 1000

// decide looks at everybody, or only at those of whom there are news if the others need no look.
func (s *round) decide(ctx context.Context, found news, cursor Cursor) (mirror *directory.Mirror, changes []directory.Change, whole bool, err error) {
	about, few := found.about()
	if few && len(about) > 0 && len(about) <= atMostAFew && cursor.partly(s.rules, s.now()) {
		mirror, err = s.mirror(ctx, found, cursor, about...)
		users := map[m365.UserID]directory.User{}
		for _, id := range about {
			users[id] = s.ours.User(s.connection, id)
		}
		if err == nil {
			changes = directory.DecideAbout(slices.Values(about), s.rules, mirror, users)
		}
		return mirror, changes, false, err
	}
	if mirror, err = s.mirror(ctx, found, cursor); err == nil {
		err = believable(mirror)
	}
	if err != nil {
		return nil, nil, false, err
	}
	return mirror, directory.Decide(s.rules, mirror, s.ours.Users(s.connection)), true, nil
}

func (s *round) mirror(ctx context.Context, found news, cursor Cursor, about ...m365.UserID) (*directory.Mirror, error) {
	mirror := directory.NewMirror(nil)
	if !found.allOf {
		kept, err := s.ours.Mirror(ctx, s.connection, cursor, about...)
		if err != nil {
			return nil, err
		}
		mirror = kept
	}
	found.apply(mirror, cursor.groups())
	return mirror, nil
}

// confirm asks Entra about everybody who would be removed only because nothing was heard of him. Who
// turns out to be there comes into the mirror; who cannot be asked about is left for the next sync.
func (s *round) confirm(ctx context.Context, changes []directory.Change, mirror *directory.Mirror, gone map[m365.UserID]bool) []directory.Change {
	confirmed := make([]directory.Change, 0, len(changes))
	for _, change := range changes {
		id := change.After.ID
		if change.Action == directory.Remove && !gone[id] {
			person, err := s.source.Person(ctx, string(id))
			switch {
			case err == nil:
				mirror.Put(person)
				change = directory.Next(s.rules, mirror.Entry(id), change.Before)
			case !fault.Is(err, fault.NotFound):
				s.report.Failed = append(s.report.Failed, Failure{id, fault.Wrap("confirm that the user is gone", err)})
				continue
			}
		}
		if change.Action != directory.Nothing {
			confirmed = append(confirmed, change)
		}
	}
	return confirmed
}

func (s *round) write(changes []directory.Change, mirror *directory.Mirror) error {
	planned := make([]Planned, len(changes))
	for i, change := range changes {
		planned[i] = Planned{change, change.Reason(s.rules)}
	}
	failed, err := s.lease.Write(planned, func(id m365.UserID, user directory.User) directory.Change {
		return directory.Next(s.rules, mirror.Entry(id), user)
	})
	if err == nil {
		s.report.count(planned, failed)
	}
	return err
}

func (s *round) acquire(ctx context.Context) (context.Context, error) {
	lease, err := s.ours.Lease(ctx, s.connection, Run{ID: "sync-" + rand.Text(), Actor: s.order.Actor})
	if err != nil {
		return ctx, err
	}
	s.lease = lease
	return lease.Context(), nil
}

func (s *round) release() {
	if s.lease != nil {
		s.lease.Release()
		s.lease = nil
	}
}
