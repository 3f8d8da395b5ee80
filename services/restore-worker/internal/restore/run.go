package restore

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Restore is one restore that can be run.
type Restore struct {
	Order    Order
	Reader   snapshot.Reader
	Target   Target
	Resumed  bool                                             // another run began it
	Parallel int                                              // items in flight
	Tally    *Tally                                           // counts while it runs
	Stop     <-chan struct{}                                  // closed: finish the items in hand and end with ErrStopped; may be nil
	Pause    func(ctx context.Context, d time.Duration) error // waits, or returns the context's error

	doubt atomic.Bool // something may have been made twice
}

const (
	maxTries  = 4               // of one item, for trouble that may pass
	firstWait = 1 * time.Second // before the second try; doubled before each further one
	maxInARow = 12              // items that fail in passing before the service counts as away
)

// Run restores. It returns nil if every item was dealt with, also if some failed: the Tally has
// the report.
func (r *Restore) Run(ctx context.Context) error {
	tree, err := snapshot.ReadTree(ctx, r.Reader)
	if err != nil {
		return err
	}
	choice, err := snapshot.Choose(ctx, r.Reader, tree, r.Order.Selectors)
	if err != nil {
		return err
	}
	if err := r.count(ctx, choice); err != nil {
		return err
	}
	places, err := prepare(ctx, r.Reader, tree, r.Target, r.Order, choice)
	if err != nil {
		return err
	}
	for _, folder := range choice.Folders {
		r.Tally.incomplete(folder.ID, folder.Problem.Shortfall())
	}
	r.doubt.Store(r.Resumed)
	if err := r.items(ctx, choice, places); err != nil || !r.doubt.Load() {
		return err
	}
	return fault.Wrap("remove doubles", r.Target.RemoveDoubles(ctx, r.Order.ID))
}

// count says how much there is to do.
func (r *Restore) count(ctx context.Context, choice *snapshot.Choice) error {
	var items, bytes int64
	for item, err := range choice.All(ctx, r.Reader) {
		if err != nil {
			return fault.Wrap("count items", err)
		}
		items, bytes = items+1, bytes+item.Size
	}
	r.Tally.expect(items, bytes)
	return fault.Wrap("prepare target", r.Target.Prepare(ctx, Expected{Items: items, Order: r.Order}))
}

// items hands the chosen items to the workers, and stops at the first error that concerns all.
func (r *Restore) items(ctx context.Context, choice *snapshot.Choice, places *places) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan snapshot.Item)
	row := &inARow{}
	var workers sync.WaitGroup
	for range max(r.Parallel, 1) {
		workers.Go(func() {
			for item := range queue {
				if err := r.deal(running, item, places, row); err != nil {
					stop(err)
				}
			}
		})
	}
	err := feed(running, r.Stop, queue, choice, r.Reader)
	close(queue)
	workers.Wait()
	if cause := context.Cause(running); cause != nil {
		return cause
	}
	return err
}

func feed(ctx context.Context, stop <-chan struct{}, queue chan<- snapshot.Item, choice *snapshot.Choice, reader snapshot.Reader) error {
	for item, err := range choice.All(ctx, reader) {
		if err != nil {
			return fault.Wrap("read snapshot", err)
		}
		select {
		case queue <- item:
		case <-stop:
			return ErrStopped
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// ErrStopped is the end of a run that was told to stop: what it did stays, the rest is not done.
var ErrStopped = fault.New(fault.Cancelled, "restore", "stopped before the end", fault.Reason("STOPPED"))

// deal restores one item and counts it. Its error concerns the whole run.
func (r *Restore) deal(ctx context.Context, item snapshot.Item, places *places, row *inARow) error {
	verb, err := r.restore(ctx, item, places)
	switch {
	case ctx.Err() != nil && err != nil:
		return context.Cause(ctx)
	case fatal(err):
		return err
	case err != nil:
		r.Tally.failed(item.ID, item.Size, err)
	default:
		r.Tally.done(verb, item.Size)
		if verb != Skip { // what is there from elsewhere may be whole
			r.Tally.incomplete(item.ID, item.Problem.Shortfall())
		}
	}
	return row.add(err)
}

func (r *Restore) restore(ctx context.Context, item snapshot.Item, places *places) (Verb, error) {
	if item.Missing() {
		return Skip, fault.New(fault.NotFound, "restore item", "the snapshot does not hold it: "+item.Problem.Cause,
			fault.Reason(item.Problem.Reason), fault.Next("look for it in an earlier snapshot, or back the resource up again"))
	}
	folder, err := places.of(item.Folder)
	if err != nil {
		return Skip, err
	}
	job := Job{
		Item: item, Folder: folder, Order: r.Order, Mark: identity(item, r.Order.ID),
		Open: func(ctx context.Context, part string) (io.ReadCloser, error) { return r.Reader.Open(ctx, item, part) },
	}
	for try, wait := 1, firstWait; ; try, wait = try+1, 2*wait {
		verb, err := r.try(ctx, job, try > 1)
		if err == nil || try == maxTries || !passing(err) {
			return verb, fault.Wrap("restore item", err)
		}
		r.doubt.Store(true)
		if err := r.Pause(ctx, max(wait, fault.RetryAfterOf(err))); err != nil {
			return verb, err
		}
	}
}

// try looks, decides and acts, once.
func (r *Restore) try(ctx context.Context, job Job, again bool) (Verb, error) {
	found, err := r.Target.Find(ctx, job, again)
	if err != nil {
		return Skip, err
	}
	if found, err = r.same(ctx, job, found); err != nil {
		return Skip, err
	}
	action := Decide(r.Order.Policy, job.Mark, found)
	if len(action.Instead) > 0 && job.Item.Problem != nil {
		return Skip, kept(job.Item.Problem)
	}
	switch action.Verb {
	case Create:
		err = r.Target.Create(ctx, job, nil)
	case Replace:
		err = r.Target.Create(ctx, job, action.Instead)
	case Complete:
		err = r.Target.Complete(ctx, job, action.Mine, action.Instead)
	case Skip, Made: // it is there
	}
	return action.Verb, err
}

// kept is why an item that is not whole does not take the place of one that may be.
func kept(problem *snapshot.Problem) error {
	return fault.New(fault.Exists, "replace item", "what is there was left, since the snapshot does not hold the item whole: "+problem.Cause,
		fault.Reason(problem.Reason), fault.Next("restore it beside what is there (--conflict copy), or from another snapshot"))
}

// same leaves out what is alike but another item: restored from another one, or in the snapshot itself.
func (r *Restore) same(ctx context.Context, job Job, found []Found) ([]Found, error) {
	var same []Found
	for _, f := range found {
		if f.Mark.Item != "" && f.Mark.Item != job.Mark.Item {
			continue
		}
		// Two messages may be alike; two files of one name may not be.
		if f.Mark.Item == "" && r.Order.InPlace && f.ID != job.Item.ID && job.Item.Kind == snapshot.Message {
			_, err := r.Reader.Item(ctx, f.ID)
			if err == nil {
				continue
			}
			if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		same = append(same, f)
	}
	return same, nil
}

// passing tells whether trying the item once more may help.
func passing(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Transient || kind == fault.Conflict
}

// fatal tells whether an error concerns every item.
func fatal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Exhausted, fault.Unauthentic, fault.Permission, fault.Throttled, fault.Cancelled:
		return err != nil
	case fault.Precondition:
		return err != nil && fault.ReasonOf(err) != "GRAPH_TOO_MANY_OBJECTS"
	default:
		return false
	}
}

// inARow notices that a service is away: then every item fails in passing.
type inARow struct {
	mu sync.Mutex
	n  int
}

func (i *inARow) add(err error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !fault.Is(err, fault.Transient) {
		i.n = 0
		return nil
	}
	if i.n++; i.n < maxInARow {
		return nil
	}
	return fault.As(fault.Transient, "restore", errors.Join(errAway, err), fault.Reason("TARGET_AWAY"), fault.Next("nothing: it is tried again later"))
}

var errAway = errors.New("many items in a row failed in passing")
