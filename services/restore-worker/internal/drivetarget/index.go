package drivetarget

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// index is what is known of the drive: everything, or what was listed, asked for and made so far.
type index struct {
	listing sync.Mutex // held while a folder is listed, so that one worker lists it for all

	mu     sync.Mutex
	whole  bool                 // everything is known
	listed map[m365.ItemID]bool // folders of which everything that is directly in them is known
	byID   map[m365.ItemID]drive.Item
	byPath map[place]m365.ItemID
}

type place struct {
	parent m365.ItemID
	name   string // in lower case: SharePoint compares without case
}

func at(parent m365.ItemID, name string) place { return place{parent, strings.ToLower(name)} }

func newIndex() *index {
	return &index{listed: map[m365.ItemID]bool{}, byID: map[m365.ItemID]drive.Item{}, byPath: map[place]m365.ItemID{}}
}

// errLarge ends the reading of a drive that has more than is worth it.
var errLarge = errors.New("the drive is large")

// read learns everything that is in the drive, unless that takes more than so many requests. What it
// has learnt until then stays.
func (i *index) read(ctx context.Context, d *drive.Drive, requests int64) error {
	page := func(string) error {
		if requests--; requests <= 0 {
			return errLarge
		}
		return nil
	}
	_, err := d.Changes(ctx, drive.Round{Lean: true, Page: page}, func(item drive.Item) error {
		if item.Deleted {
			i.forget(item.ID)
		} else {
			i.add(item)
		}
		return nil
	})
	if errors.Is(err, errLarge) {
		return nil
	}
	i.whole = err == nil
	return err
}

// list makes sure that what is directly in a folder is known, and tells whether it is: to list a
// large folder takes more than to ask for what may be in it.
func (i *index) list(ctx context.Context, d *drive.Drive, folder m365.ItemID) (bool, error) {
	i.listing.Lock()
	defer i.listing.Unlock()
	if i.knows(folder) {
		return true, nil
	}
	if there, known := i.item(folder); !known || there.Children > drive.PageSize {
		return false, nil
	}
	err := d.Children(ctx, folder, func(item drive.Item) error {
		item.Parent = folder
		i.add(item)
		return nil
	})
	if err == nil {
		i.know(folder)
	}
	return err == nil, err
}

func (i *index) knows(folder m365.ItemID) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.whole || i.listed[folder]
}

// know notes that everything that is directly in a folder was added.
func (i *index) know(folder m365.ItemID) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.listed[folder] = true
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
