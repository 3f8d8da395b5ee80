package outbox

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

type (
	userEntity    = state.Entity[*directoryv1.User]
	mappingEntity = state.Entity[*directoryv1.Mapping]
)

// Config is what [New] needs.
type Config struct {
	State    state.Store
	Owner    string        // names this process in leases
	LeaseFor time.Duration // a process that is silent for so long has lost its lease; default 20 s
	Now      func() time.Time
}

// Directory is our users and mappings of all connections.
type Directory struct {
	config   Config
	users    *state.Entities[*directoryv1.User]
	mappings *state.Entities[*directoryv1.Mapping]

	Users    *state.Projection[*directoryv1.User]
	Mappings *state.Projection[*directoryv1.Mapping]
}

// New prepares; the projections show nothing before they run.
func New(config Config) *Directory {
	if config.LeaseFor == 0 {
		config.LeaseFor = 20 * time.Second
	}
	d := &Directory{
		config:   config,
		users:    state.NewEntities(config.State, state.KindUser, (*directoryv1.User)(nil)),
		mappings: state.NewEntities(config.State, state.KindMapping, (*directoryv1.Mapping)(nil)),
	}
	d.Users = state.NewProjection(d.users, state.Filter{})
	d.Mappings = state.NewProjection(d.mappings, state.Filter{})
	return d
}

// Ours are our users and mappings as package run wants them.
type Ours struct{ *Directory }

var _ run.Directory = Ours{}

// Rules implements run.Directory.
func (o Ours) Rules(connection m365.ConnectionID) directory.Rules {
	var mappings []directory.Mapping
	for entity := range o.Mappings.All(connection) {
		mappings = append(mappings, MappingOf(entity.Value))
	}
	return directory.NewRules(mappings...)
}

// Users implements run.Directory.
func (o Ours) Users(connection m365.ConnectionID) map[m365.UserID]directory.User {
	users := map[m365.UserID]directory.User{}
	for entity := range o.Directory.Users.All(connection) {
		id := m365.UserID(entity.Key.ID)
		users[id] = userOf(id, entity.Value)
	}
	return users
}

// User implements run.Directory.
func (o Ours) User(connection m365.ConnectionID, id m365.UserID) directory.User {
	entity, ok := o.Directory.Users.Get(connection, string(id))
	if !ok {
		return directory.User{}
	}
	return userOf(id, entity.Value)
}

// Active implements run.Directory.
func (o Ours) Active(connection m365.ConnectionID) int {
	count := 0
	for entity := range o.Directory.Users.All(connection) {
		if entity.Value.GetState() == directoryv1.UserState_USER_STATE_ACTIVE {
			count++
		}
	}
	return count
}

// Edit implements run.Directory.
func (o Ours) Edit(ctx context.Context, connection m365.ConnectionID, id m365.UserID, by run.Run, edit func(directory.User) run.Planned) error {
	for {
		entity, err := o.users.Get(ctx, connection, string(id))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		before := directory.User{}
		if err == nil {
			before = userOf(id, entity.Value)
		}
		planned := edit(before)
		if planned.Action == directory.Nothing {
			return nil
		}
		change, err := o.change(connection, entity, planned, by)
		if err != nil {
			return err
		}
		records, err := o.config.State.Commit(ctx, change)
		if err == nil {
			return o.Directory.Users.WaitFor(ctx, records[0].Sequence)
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
}

// change makes the next state of a user; entity is what it follows, zero for a new one.
func (d *Directory) change(connection m365.ConnectionID, entity userEntity, planned run.Planned, by run.Run) (state.Change, error) {
	origin := state.Origin{Cause: planned.Reason, RunID: by.ID, Actor: by.Actor}
	message := &directoryv1.User{}
	if entity.Value != nil {
		message = copied(entity.Value)
	}
	fill(message, connection, planned.After)
	if message.ProvisionTime == nil {
		message.ProvisionTime = timestamppb.New(d.config.Now())
	}
	if entity.Value == nil {
		return d.users.New(connection, string(planned.After.ID), facts[planned.Action], message, origin)
	}
	entity.Value = message
	return d.users.Change(entity, facts[planned.Action], origin)
}
