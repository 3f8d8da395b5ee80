package drive

import (
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/event"
)

// drive is one user's OneDrive.
type drive struct {
	store *Store
	owner directory.Person
	id    string
	seed  uint64
	made  int // items that it began with; 0 until it has them

	used uint64 // when it was asked for last; guarded by the store's lock, as kept is
	kept bool   // somebody may have changed it

	mu         sync.RWMutex
	root       *item
	items      map[uint64]*item // also deleted ones
	last       uint64           // number given
	log        []entry          // entry n is change n+1
	generation int
	binned     int64  // bytes in the recycle bin
	shares     uint64 // permissions given
}

// entry is a change of an item. It counts as long as it is the item's last.
type entry struct {
	item *item
	at   time.Time
}

// note writes a change into the log.
func (d *drive) note(i *item, now time.Time) {
	d.log = append(d.log, entry{i, now})
	i.sequence = uint64(len(d.log))
	d.tell(false)
}

// tell says that something in the drive changed, or only who may use it.
func (d *drive) tell(sharing bool) {
	if events := d.store.config.Events; d.made > 0 && events != nil && events.Wants(event.Drive) {
		events.Tell(event.Event{Kind: event.Drive, Type: event.Updated, Owner: d.owner.ID, Sharing: sharing})
	}
}

// add puts a new file, or folder if content is nil, into a folder.
func (d *drive) add(folder *item, name string, content *blob.Content, dates dates, now time.Time) *item {
	d.last++
	i := &item{number: d.last, name: name, content: content, created: dates.Created, modified: dates.Modified, edits: 1, writes: 1}
	if content != nil {
		i.size = content.Size()
	}
	d.items[i.number] = i
	if folder != nil {
		i.hang(folder)
	}
	d.note(i, now)
	return i
}

// write gives a file new content; the old one becomes a version.
func (d *drive) write(i *item, content *blob.Content, dates dates, now time.Time) {
	i.keepVersion()
	i.grow(content.Size() - i.size)
	i.content, i.created, i.modified = content, dates.Created, dates.Modified
	d.edited(i, now)
}

// keepVersion makes what the file holds an earlier version.
func (i *item) keepVersion() {
	i.versions = append([]version{{i.writes, i.content, i.modified}}, i.versions...)
	i.writes++
}

func (d *drive) edited(i *item, now time.Time) {
	i.edits++
	d.note(i, now)
}

// place moves or renames an item.
func (d *drive) place(i, folder *item, name string, now time.Time) {
	i.unhang()
	i.name = name
	i.hang(folder)
	d.edited(i, now)
}

// remove deletes an item with all that is in it; for good, or into the recycle bin.
func (d *drive) remove(i *item, forGood bool, now time.Time) {
	i.unhang()
	i.gone = true
	if !forGood {
		d.binned += i.size
	}
	d.edited(i, now)
}

// count is how many items are in and below a folder.
func (i *item) count() int {
	n := 1
	for _, child := range i.children {
		n += child.count()
	}
	return n
}

// order sorts the children of a folder once, for readers.
func (d *drive) order(folder *item) []*item {
	d.mu.RLock()
	sorted := folder.sorted
	d.mu.RUnlock()
	if sorted != nil {
		return sorted
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	folder.sorted = folder.list()
	return folder.sorted
}
