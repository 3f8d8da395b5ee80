package mailtarget

import (
	"context"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// folders is the target's folder tree as far as it is known.
type folders struct {
	mu        sync.Mutex
	root      m365.FolderID
	known     map[m365.FolderID]mail.Folder
	named     map[place]m365.FolderID
	wellKnown map[string]m365.FolderID
}

type place struct {
	parent m365.FolderID
	name   string // in lower case: Exchange compares without case
}

func readFolders(ctx context.Context, box *mail.Mailbox) (*folders, error) {
	root, err := box.Folder(ctx, mail.Root)
	if err != nil {
		return nil, err
	}
	all, err := box.Folders(ctx)
	if err != nil {
		return nil, err
	}
	f := &folders{root: root.ID, known: map[m365.FolderID]mail.Folder{}, named: map[place]m365.FolderID{}, wellKnown: map[string]m365.FolderID{}}
	for _, folder := range all {
		if !folder.Search {
			f.add(folder)
		}
	}
	return f, nil
}

func (f *folders) add(folder mail.Folder) {
	f.known[folder.ID] = folder
	f.named[place{folder.Parent, strings.ToLower(folder.Name)}] = folder.ID
	if folder.WellKnown != "" {
		f.wellKnown[folder.WellKnown] = folder.ID
	}
}

// all returns the folders as they are known.
func (f *folders) all() []mail.Folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]mail.Folder, 0, len(f.known))
	for _, folder := range f.known {
		all = append(all, folder)
	}
	return all
}

// discarded tells whether a folder is one that things are thrown into, or in such a one. What
// is not in the tree that people see, such as the recoverable items, is too.
func (f *folders) discarded(id m365.FolderID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.thrownAway(id)
}

func (f *folders) thrownAway(id m365.FolderID) bool {
	for depth := 0; id != f.root; depth++ {
		folder, known := f.known[id]
		if !known || folder.WellKnown == "deleteditems" || depth > len(f.known) {
			return true
		}
		id = folder.Parent
	}
	return false
}

// match finds the folder that is wanted among those that are known.
func (f *folders) match(wanted restore.Wanted, inPlace bool) (m365.FolderID, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if wanted.Own && wanted.Source.WellKnown != "" {
		if id, ok := f.wellKnown[wanted.Source.WellKnown]; ok {
			return id, true
		}
	}
	if id := m365.FolderID(wanted.Source.ID); wanted.Own && inPlace {
		if folder, alive := f.known[id]; alive && (!f.thrownAway(id) || folder.Parent == f.parent(wanted)) {
			return id, true
		}
	}
	id, ok := f.named[place{f.parent(wanted), strings.ToLower(wanted.Name)}]
	return id, ok
}

func (f *folders) parent(wanted restore.Wanted) m365.FolderID {
	if wanted.Parent == snapshot.Top {
		return f.root
	}
	return m365.FolderID(wanted.Parent)
}

// ensure returns the folder that is wanted, and makes it if there is none.
func (f *folders) ensure(ctx context.Context, box *mail.Mailbox, wanted restore.Wanted, inPlace bool) (m365.FolderID, error) {
	if id, ok := f.match(wanted, inPlace); ok {
		return id, nil
	}
	parent := f.parent(wanted)
	made, err := box.CreateFolder(ctx, parent, wanted.Name, wanted.Source.Hidden)
	if fault.Is(err, fault.Exists) || fault.Is(err, fault.Transient) {
		// Somebody made it meanwhile, or the answer was lost.
		if there, findErr := box.ChildNamed(ctx, parent, wanted.Name); findErr == nil {
			made, err = there, nil
		}
	}
	if err != nil {
		return "", err
	}
	made.Parent = parent
	f.mu.Lock()
	defer f.mu.Unlock()
	f.add(made)
	return made.ID, nil
}
