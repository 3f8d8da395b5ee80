package backup

import (
	"context"
	"hash/maphash"
	"sync"
)

// Crew does tasks at the same time, those of one key in the order in which they were given: an item
// that comes twice ends as it came last. After an error nothing more is done.
type Crew struct {
	ctx    context.Context // of the tasks; ends with the first error
	fail   context.CancelCauseFunc
	seed   maphash.Seed
	queues []chan task
	done   sync.WaitGroup
}

type task struct {
	do    func(context.Context) error
	after *sync.WaitGroup // told when the task is over, done or not
}

// queued is how many tasks wait for a worker: enough to bridge the next page's way over the network.
const queued = 64

// NewCrew starts workers. Close it when everything was given.
func NewCrew(ctx context.Context, workers int) *Crew {
	c := &Crew{seed: maphash.MakeSeed(), queues: make([]chan task, workers)}
	c.ctx, c.fail = context.WithCancelCause(ctx)
	for i := range c.queues {
		queue := make(chan task, queued)
		c.queues[i] = queue
		c.done.Go(func() { c.work(queue) })
	}
	return c
}

func (c *Crew) work(queue chan task) {
	for t := range queue {
		if c.ctx.Err() == nil {
			if err := t.do(c.ctx); err != nil {
				c.fail(err)
			}
		}
		t.after.Done()
	}
}

// Give has a task done some time; after is told when it is over. It returns the crew's error, if
// there is one by now.
func (c *Crew) Give(key string, after *sync.WaitGroup, do func(context.Context) error) error {
	if err := c.Err(); err != nil {
		return err
	}
	after.Add(1)
	select {
	case c.queues[maphash.String(c.seed, key)%uint64(len(c.queues))] <- task{do, after}:
		return nil
	case <-c.ctx.Done():
		after.Done()
		return c.Err()
	}
}

// Do has a task done now, after those of the same key that were given before.
func (c *Crew) Do(key string, do func(context.Context) error) error {
	var after sync.WaitGroup
	if err := c.Give(key, &after, do); err != nil {
		return err
	}
	after.Wait()
	return c.Err()
}

// Err is the first error, or why the context ended.
func (c *Crew) Err() error { return context.Cause(c.ctx) }

// Context ends with the first error.
func (c *Crew) Context() context.Context { return c.ctx }

// Close waits until everything given is over, and returns the first error.
func (c *Crew) Close() error {
	for _, queue := range c.queues {
		close(queue)
	}
	c.done.Wait()
	err := c.Err()
	c.fail(nil)
	return err
}
