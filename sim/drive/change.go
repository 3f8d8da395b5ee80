package drive

import (
	"time"

	"github.com/tenantkeep/tenantkeep/sim/control"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Change plays a day of work on a drive, or a disaster. Of ten items that change, four are edited,
// three are new, one gets another name (one in four times it is a folder), one moves, one is
// deleted. Now and then a new folder is made for a new file.
func (s *Store) Change(user directory.Person, plan control.Plan) (control.Changes, error) {
	if !s.config.Directory.Licensed(user.ID, directory.SharePoint) {
		return control.Changes{}, nil
	}
	d := s.keep(user)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := s.config.Now()
	if plan.Disaster == "delete" {
		return control.Changes{Deleted: d.wipe(now)}, nil
	}
	w := &work{drive: d, source: seed.New(d.seed, plan.Seed, seed.Text("change")), now: now, folders: []*item{d.root}}
	d.root.walk(func(i *item) {
		if i.folder() {
			w.folders = append(w.folders, i)
		} else {
			w.files = append(w.files, i)
		}
	})
	for n := range max(int(plan.Share*float64(len(w.files))+0.5), min(1, len(w.files))) {
		w.event(n % 10)
	}
	return w.changes, nil
}

// wipe deletes everything for good and returns how much it was.
func (d *drive) wipe(now time.Time) int {
	n := d.root.count() - 1
	for _, i := range d.root.list() {
		d.remove(i, true, now)
	}
	d.binned = 0
	return n
}

// work is a day of it under way.
type work struct {
	drive   *drive
	source  seed.Source
	now     time.Time
	files   []*item // that nothing happened to yet
	folders []*item
	changes control.Changes
}

// pick takes a file that nothing happened to yet.
func (w *work) pick() *item {
	if len(w.files) == 0 {
		return nil
	}
	n, last := w.source.N(len(w.files)), len(w.files)-1
	i := w.files[n]
	w.files[n] = w.files[last]
	w.files = w.files[:last]
	return i
}

func (w *work) folder() *item { return w.folders[w.source.N(len(w.folders))] }

func (w *work) event(turn int) {
	switch {
	case turn < 4:
		w.edit()
	case turn < 7:
		w.create()
	case turn == 7 && w.source.N(4) == 0:
		w.rename(w.folder())
	case turn == 7:
		w.rename(w.pick())
	case turn == 8:
		w.move(w.pick())
	default:
		w.delete(w.pick())
	}
}

func (w *work) edit() {
	i := w.pick()
	if i == nil {
		return
	}
	k := kindOf(i.name)
	content := w.drive.make(k, max(k.size(&w.source), 1), &w.source)
	w.drive.write(i, content, dates{i.created, w.now}.or(w.now, w.now), w.now)
	w.changes.Updated++
}

func (w *work) create() {
	folder := w.folder()
	if w.source.N(4) == 0 && len(folder.path()) < 200 {
		folder = w.drive.add(folder, free(folder, "New folder"), nil, dates{}.or(w.now, w.now), w.now)
		w.folders = append(w.folders, folder)
		w.changes.Created++
	}
	name := free(folder, w.drive.newName(&w.source))
	if length(folder.path())+length(name) >= longestPath {
		folder, name = w.drive.root, free(w.drive.root, name)
	}
	k := kindOf(name)
	w.drive.add(folder, name, w.drive.make(k, k.size(&w.source), &w.source), dates{}.or(w.now, w.now), w.now)
	w.changes.Created++
}

func (w *work) rename(i *item) {
	if i == nil || i.parent == nil {
		return
	}
	ending := []rune(i.name)
	ending = ending[max(0, len(ending)-20):]
	w.drive.place(i, i.parent, free(i.parent, "renamed "+digits(w.source.N(1000))+" "+string(ending)), w.now)
	w.changes.Updated++
}

func (w *work) move(i *item) {
	if i == nil {
		return
	}
	folder := w.folder()
	if folder == i.parent || length(folder.path())+length(i.name)+4 >= longestPath {
		folder = w.drive.root
	}
	w.drive.place(i, folder, free(folder, i.name), w.now)
	w.changes.Moved++
}

func (w *work) delete(i *item) {
	if i == nil {
		return
	}
	w.drive.remove(i, false, w.now)
	w.changes.Deleted++
}
