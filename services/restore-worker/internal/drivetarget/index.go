package drivetarget

import (
	"context"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// index is what is known of the drive: everything, or what was asked for and made so far.
type index struct {
	mu     sync.Mutex
	whole  bool
	byID   map[m365.ItemID]drive.Item
	byPath map[place]m365.ItemID
}

type place struct {
	parent m365.ItemID
	name   string // in lower case: SharePoint compares without case
}

func at(parent m365.ItemID, name string) place { return place{parent, strings.ToLower(name)} }

func newIndex() *index {
	return &index{byID: map[m365.ItemID]drive.Item{}, byPath: map[place]m365.ItemID{}}
}

// read learns everything that is in the drive.
func (i *index) read(ctx context.Context, d *drive.Drive) error {
	_, err := d.Changes(ctx, drive.Round{}, func(item drive.Item) error {
		if item.Deleted {
			i.forget(item.ID)
		} else {
			i.add(item)
		}
		return nil
	})
	i.whole = err == nil
	return err
}

func (i *index) add(item drive.Item) {
	item.Raw, item.Address = nil, "" // neither outlives the page, and neither is needed
	i.forget(item.ID)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.byID[item.ID] = item
	i.byPath[at(item.Parent, item.Name)] = item.ID
}

func (i *index) forget(id m365.ItemID) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if before, known := i.byID[id]; known {
		delete(i.byID, id)
		if p := at(before.Parent, before.Name); i.byPath[p] == id {
			delete(i.byPath, p)
		}
	}
}

func (i *index) item(id m365.ItemID) (drive.Item, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	item, known := i.byID[id]
	return item, known
}

func (i *index) child(parent m365.ItemID, name string) (drive.Item, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	item, known := i.byID[i.byPath[at(parent, name)]]
	return item, known
}
