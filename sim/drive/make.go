package drive

import (
	"fmt"

	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Make puts a made-up file of any size at a path of a user's drive, with missing folders. It costs
// neither memory nor disk.
func (s *Store) Make(user directory.Person, path string, size int64) error {
	if !s.config.Directory.Licensed(user.ID, directory.SharePoint) {
		return fmt.Errorf("%s has no drive", user.Address)
	}
	d := s.keep(user)
	d.mu.Lock()
	defer d.mu.Unlock()
	parts, now := names(path), s.config.Now()
	if len(parts) == 0 || size < 0 {
		return fmt.Errorf("a path and a size are needed")
	}
	folder := d.root
	for _, name := range parts[:len(parts)-1] {
		next, err := d.step(folder, name, now)
		if err != nil {
			return err
		}
		folder = next
	}
	t, err := d.target(folder, parts[len(parts)-1])
	if err == nil {
		t, err = t.settle(replace)
	}
	if err != nil {
		return err
	}
	source := seed.New(d.seed, seed.Text(path), uint64(len(d.log)))
	d.put(t, d.make(kindOf(t.name), size, &source), arrival{}, now)
	return nil
}
