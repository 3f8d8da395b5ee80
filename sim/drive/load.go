package drive

import (
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/blob"
)

// Load gives a user's drive the content of a folder of this machine. It has to come before the
// drive is looked at. Contents are read when they are asked for, so the files have to stay as
// they are.
func (s *Store) Load(user, folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given[user] = folder
}

// load lists the folder. What SharePoint would refuse gets another name; what is too deep for its
// paths, or neither file nor folder, is left out; so is what cannot be read.
func (d *drive) load(folder string) {
	made := map[string]*item{folder: d.root}
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return nil // what cannot be listed is empty
		}
		parent := made[filepath.Dir(path)]
		info, err := entry.Info()
		switch {
		case err != nil, parent == nil:
		case entry.IsDir() || info.Mode().IsRegular():
			made[path] = d.adopt(parent, path, info)
		}
		return nil
	})
}

// adopt makes an item of a file or a folder; nil if its path is too long.
func (d *drive) adopt(parent *item, path string, info fs.FileInfo) *item {
	name := acceptable(parent, info.Name())
	if checkName(parent, name) != nil {
		return nil
	}
	modified := info.ModTime()
	var content *blob.Content
	if !info.IsDir() {
		content = blob.Disk(path, info.Size())
	}
	return d.add(parent, name, content, dates{modified, modified}.or(modified, modified), epoch)
}

// acceptable is the name, or one like it that SharePoint takes and that is free.
func acceptable(parent *item, name string) string {
	if !allowed(parent, name) {
		name = strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || strings.ContainsRune(forbidden, r) {
				return '_'
			}
			return r
		}, strings.ToValidUTF8(name, "_")))
		if !allowed(parent, name) {
			name = "_" + name + "_"
		}
	}
	if parent.child(name) != nil {
		return free(parent, name)
	}
	return name
}
