package control

import (
	"fmt"
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/directory"
)

// Plan says what is to happen to the content of a user.
type Plan struct {
	Seed     uint64  // same seed and same content: same changes
	Share    float64 // of the items: a day of work
	Disaster string  // "delete": everything is gone for good; "": a day of work
}

// Changes counts what happened.
type Changes struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
	Moved   int `json:"moved"`
	Deleted int `json:"deleted"`
}

func (c *Changes) add(other Changes) {
	c.Created += other.Created
	c.Updated += other.Updated
	c.Moved += other.Moved
	c.Deleted += other.Deleted
}

// change answers POST /sim/change.
func (s *Server) change(r *http.Request) (any, error) {
	given := struct {
		User     string  `json:"user"` // id or principal name; empty: everybody
		Share    float64 `json:"share"`
		Seed     uint64  `json:"seed"`
		Disaster string  `json:"disaster"`
		Workload string  `json:"workload"` // empty: all
	}{Share: 0.01}
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	if given.Disaster != "" && given.Disaster != "delete" {
		return nil, fmt.Errorf("disaster %q: delete", given.Disaster)
	}
	people, err := s.people(given.User)
	if err != nil {
		return nil, err
	}
	total := map[string]Changes{}
	for _, workload := range s.chosen(given.Workload) {
		var sum Changes
		for _, person := range people {
			changes, err := workload.Change(person, Plan{given.Seed, given.Share, given.Disaster})
			if err != nil {
				return nil, err
			}
			sum.add(changes)
		}
		total[workload.Name()] = sum
	}
	return total, nil
}

func (s *Server) people(user string) ([]directory.Person, error) {
	if user == "" {
		return s.Directory.People(), nil
	}
	person, ok := s.Directory.Person(user)
	if !ok {
		return nil, fmt.Errorf("user %q is not in the directory", user)
	}
	return []directory.Person{person}, nil
}

func (s *Server) chosen(name string) []Workload {
	var chosen []Workload
	for _, workload := range s.Workloads {
		if name == "" || name == workload.Name() {
			chosen = append(chosen, workload)
		}
	}
	return chosen
}

// makeFile answers POST /sim/file {user, path, size}: a file of gigabytes costs nothing, since its
// content is made when it is read.
func (s *Server) makeFile(r *http.Request) (any, error) {
	var given struct {
		User string `json:"user"`
		Path string `json:"path"`
		Size int64  `json:"size"`
	}
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	person, ok := s.Directory.Person(given.User)
	if !ok {
		return nil, fmt.Errorf("user %q is not in the directory", given.User)
	}
	return given, s.MakeFile(person, given.Path, given.Size)
}
