package state

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Projection keeps the newest state of a kind in memory, for lists, filters and lookups. It holds no
// truth: it is read anew at every start and follows each change within milliseconds. Its values are
// shared, so readers must not change them; proto.Clone gives a copy of one's own.
type Projection[M proto.Message] struct {
	entities *Entities[M]
	scope    Filter
	ready    chan struct{}
	now      func() time.Time
	onChange func(before, after Entity[M])

	mu      sync.RWMutex
	values  map[string]Entity[M] // by position
	order   []string             // positions, sorted; built when ready, since sorting once beats inserting
	sorted  bool
	seen    uint64
	changed chan struct{} // closed and replaced whenever seen rises
}

// NewProjection makes a projection of entities; of scope only Connection counts. It shows nothing before
// [Projection.Run].
func NewProjection[M proto.Message](entities *Entities[M], scope Filter) *Projection[M] {
	return &Projection[M]{
		entities: entities, scope: Filter{Kinds: []Kind{entities.kind}, Connection: scope.Connection}, now: time.Now,
		ready: make(chan struct{}), changed: make(chan struct{}), values: map[string]Entity[M]{},
	}
}

// OnChange has a function called with every change, in order, before readers see it; for indexes beside
// the projection. A side that does not exist is zero. Set it before Run.
func (p *Projection[M]) OnChange(call func(before, after Entity[M])) { p.onChange = call }

// Run follows the store until ctx ends, and returns nil then.
func (p *Projection[M]) Run(ctx context.Context) error {
	err := p.entities.store.Watch(ctx, p.scope, p.apply, p.caughtUp)
	if ctx.Err() != nil {
		return nil
	}
	return fault.Wrap("follow "+p.entities.kind.Name, err)
}

func (p *Projection[M]) caughtUp() {
	p.mu.Lock()
	p.order, p.sorted = slices.Sorted(maps.Keys(p.values)), true
	p.mu.Unlock()
	close(p.ready)
}

// Ready is closed when everything that was there at the start can be seen.
func (p *Projection[M]) Ready() <-chan struct{} { return p.ready }

// WaitFor waits until the change of that sequence can be seen, so that who wrote it reads it back. The
// sequence must be of this kind.
func (p *Projection[M]) WaitFor(ctx context.Context, sequence uint64) error {
	for {
		p.mu.RLock()
		seen, changed := p.seen, p.changed
		p.mu.RUnlock()
		if seen >= sequence {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fault.As(fault.Transient, "wait for "+p.entities.kind.Name, ctx.Err())
		}
	}
}

// Get returns the newest state; false if there is none.
func (p *Projection[M]) Get(connection m365.ConnectionID, id string) (Entity[M], bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	entity, ok := p.values[position(p.entities.Key(connection, id))]
	return entity, ok && !p.expired(entity)
}

// Len is how many there are, with those that have expired and were not missed yet.
func (p *Projection[M]) Len() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.values)
}

// All yields what exists, by connection ("" for all) and id, as of the call.
func (p *Projection[M]) All(connection m365.ConnectionID) iter.Seq[Entity[M]] {
	page, _ := p.Page(connection, "", 0, nil)
	return slices.Values(page)
}

// Page returns at most limit entities (0 for all) that keep accepts (nil for all), in the order of
// connection and id, after the key that the page before returned as next. next is "" at the end.
func (p *Projection[M]) Page(connection m365.ConnectionID, after string, limit int, keep func(Entity[M]) bool) (page []Entity[M], next string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, at := range p.order[p.from(connection, after):] {
		entity := p.values[at]
		if connection != "" && entity.Key.Connection != connection {
			break
		}
		if p.expired(entity) || keep != nil && !keep(entity) {
			continue
		}
		if limit > 0 && len(page) == limit {
			return page, position(page[limit-1].Key)
		}
		page = append(page, entity)
	}
	return page, ""
}

// from is where in the order a page begins.
func (p *Projection[M]) from(connection m365.ConnectionID, after string) int {
	first := after
	if connection != "" {
		first = max(first, string(connection)+"/")
	}
	at, found := slices.BinarySearch(p.order, first)
	if found && after == first && after != "" {
		at++
	}
	return at
}

// position orders keys of one kind: no connection has a slash in it.
func position(key Key) string { return string(key.Connection) + "/" + key.ID }

func (p *Projection[M]) expired(entity Entity[M]) bool {
	return !entity.Expires.IsZero() && !p.now().Before(entity.Expires)
}

func (p *Projection[M]) apply(record Record) error {
	entity, err := p.entities.Decode(record)
	if err != nil { // one unreadable message must not blind the whole projection
		slog.Error("projection skips what it cannot read", "kind", record.Key.Kind.Name, "sequence", record.Sequence, "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.put(entity)
	}
	p.seen = record.Sequence
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

func (p *Projection[M]) put(entity Entity[M]) {
	at := position(entity.Key)
	before, existed := p.values[at]
	gone := entity.Removed || p.expired(entity)
	if gone {
		entity = Entity[M]{}
	}
	if p.onChange != nil && (existed || !gone) {
		p.onChange(before, entity)
	}
	if gone {
		delete(p.values, at)
	} else {
		p.values[at] = entity
	}
	if p.sorted && gone == existed {
		p.reorder(at, gone)
	}
}

func (p *Projection[M]) reorder(at string, gone bool) {
	index, _ := slices.BinarySearch(p.order, at)
	if gone {
		p.order = slices.Delete(p.order, index, index+1)
		return
	}
	p.order = slices.Insert(p.order, index, at)
}
