package drive

import "github.com/tenantkeep/tenantkeep/sim/directory"

// warm is how many items of drives that nobody has changed stay in memory: about 100 MB. What is
// beyond that is made up again when somebody asks for it, so that a tenant of any size can be read.
const warm = 100_000

// drive returns a user's drive for reading.
func (s *Store) drive(person directory.Person) *drive {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.use(person)
}

// keep returns a user's drive for changing: from now on it stays in memory.
func (s *Store) keep(person directory.Person) *drive {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.use(person)
	d.kept = true
	return d
}

func (s *Store) use(person directory.Person) *drive {
	d := s.drives[person.ID]
	if d == nil {
		d = s.fill(person)
		d.made = len(d.items)
		s.drives[person.ID] = d
		s.cool(d)
	}
	s.turn++
	d.used = s.turn
	return d
}

// cool forgets the drives that were not used for the longest time, until the others are few
// enough. Whoever is reading one goes on reading it.
func (s *Store) cool(latest *drive) {
	items := 0
	for _, d := range s.drives {
		if !d.kept {
			items += d.made
		}
	}
	for items > warm {
		var oldest *drive
		for _, d := range s.drives {
			if !d.kept && d != latest && (oldest == nil || d.used < oldest.used) {
				oldest = d
			}
		}
		if oldest == nil {
			return
		}
		items -= oldest.made
		delete(s.drives, oldest.owner.ID)
	}
}

// Expire makes delta tokens worthless.
func (s *Store) Expire(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations[user]++
	for id, d := range s.drives {
		if user == "" || user == id {
			d.mu.Lock()
			d.generation++
			d.mu.Unlock()
		}
	}
}
