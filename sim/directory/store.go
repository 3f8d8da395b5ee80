package directory

import (
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config says which directory to make up.
type Config struct {
	Seed   uint64
	Tenant string // GUID
	Domain string // of all addresses
	Users  int
	Now    func() time.Time
	Events event.Sink // nil: nobody is told of changes
}

// Store is the directory. All methods may be called at once.
type Store struct {
	config Config

	mu         sync.RWMutex
	sequence   uint64
	generation int
	kinds      map[Kind]*population
	addresses  map[string]*object // lower-case principal name -> user
	proxies    map[string]*object // lower-case mail address -> who has it, of objects that were changed
	bin        []*object          // soft-deleted objects, oldest first
	domains    []domain
	delay      time.Duration // until a change can be read
	spreading  []moment      // changes that cannot be read yet
}

// New makes up a directory.
func New(config Config) *Store {
	s := &Store{
		config: config, kinds: map[Kind]*population{User: newPopulation(), Group: newPopulation()},
		addresses: make(map[string]*object, config.Users), proxies: map[string]*object{},
		domains: []domain{{id: config.Domain, verified: true, initial: true}},
	}
	for i := range config.Users {
		source := seed.New(config.Seed, seed.Text("user"), uint64(i))
		user := &object{id: source.GUID(), kind: User, index: i}
		s.kinds[User].add(user, s.advance())
		s.addresses[strings.ToLower(s.principalName(i))] = user
	}
	for i := range s.groupCount() {
		source := seed.New(config.Seed, seed.Text("group"), uint64(i))
		group := &object{id: source.GUID(), kind: Group, index: i}
		s.fill(group)
		s.kinds[Group].add(group, s.advance())
		s.claim(group)
	}
	return s
}

func (s *Store) advance() uint64 {
	s.sequence++
	if s.delay > 0 {
		s.spreading = append(s.spreading, moment{s.sequence, s.config.Now().Add(s.delay)})
	}
	return s.sequence
}

// Expire makes every delta token of the directory worthless.
func (s *Store) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
}

// Resolve returns the object id of the user with this id or principal name, or nothing.
func (s *Store) Resolve(idOrName string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if user := s.user(idOrName); user != nil {
		return user.id
	}
	return ""
}

// Person is what the other services need to know of a user.
type Person struct {
	ID      string
	Index   int // in the generated population; -1 for users made by a call
	Name    string
	Address string
}

// Person returns a user that is there.
func (s *Store) Person(idOrName string) (Person, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	user := s.user(idOrName)
	if user == nil {
		return Person{}, false
	}
	return s.person(user), true
}

func (s *Store) person(user *object) Person {
	props := s.properties(user)
	name, _ := props["displayName"].(string)
	address, _ := props["userPrincipalName"].(string)
	return Person{user.id, user.index, name, address}
}

// GroupName is the name of the group with an object id, if it is there.
func (s *Store) GroupName(id string) (name string, there bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	group, err := s.get(Group, id)
	if err != nil {
		return "", false
	}
	name, _ = s.properties(group)["displayName"].(string)
	return name, true
}

// Generated is how many users the directory began with.
func (s *Store) Generated() int { return s.config.Users }

// Colleague makes up the name and address of the i-th user, whether or not it is still there.
func (s *Store) Colleague(i int) (name, address string) {
	given, surname := s.names(i)
	return given + " " + surname, s.principalName(i)
}

// People returns all users that are there, in order of creation.
func (s *Store) People() []Person {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var people []Person
	for _, user := range s.kinds[User].order {
		if user.removed == "" {
			people = append(people, s.person(user))
		}
	}
	return people
}

// user finds a user that is not removed.
func (s *Store) user(idOrName string) *object {
	user := s.kinds[User].byID[strings.ToLower(idOrName)]
	if user == nil {
		user = s.addresses[strings.ToLower(idOrName)]
	}
	if user == nil || user.removed != "" {
		return nil
	}
	return user
}

// get finds an object of a kind that is not removed.
func (s *Store) get(kind Kind, id string) (*object, error) {
	found := s.kinds[kind].byID[strings.ToLower(id)]
	if kind == User {
		found = s.user(id)
	}
	if found == nil || found.removed != "" {
		return nil, notFound(id)
	}
	return found, nil
}

func notFound(id string) error {
	return wire.NotFound("Request_ResourceNotFound", "Resource '"+id+"' does not exist or one of its queried reference-property objects are not present.")
}
