package outbox

import (
	"context"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// User finds one of our users by object id, principal name or address; NotFound if there is none. A
// name may have belonged to several users: the one who is active is meant, else the newest.
func (d *Directory) User(connection m365.ConnectionID, key string) (*directoryv1.User, error) {
	if entity, ok := d.Users.Get(connection, key); ok {
		return entity.Value, nil
	}
	var found userEntity
	for entity := range d.Users.All(connection) {
		if named(entity.Value, key) && (found.Value == nil || preferred(entity, found)) {
			found = entity
		}
	}
	if found.Value == nil {
		return nil, fault.New(fault.NotFound, "find user", "the directory has no user "+key, fault.Reason("USER_NOT_FOUND"),
			fault.Next("see who is there with tenantkeep user list, or bring the user in with tenantkeep user add"))
	}
	return found.Value, nil
}

func named(user *directoryv1.User, key string) bool {
	return strings.EqualFold(user.GetUserPrincipalName(), key) || key != "" && strings.EqualFold(user.GetMail(), key)
}

func preferred(a, b userEntity) bool {
	active := func(e userEntity) bool { return e.Value.GetState() == directoryv1.UserState_USER_STATE_ACTIVE }
	if active(a) != active(b) {
		return active(a)
	}
	return a.Sequence > b.Sequence
}

// HasConnection says with NotFound that a connection is not there.
func (d *Directory) HasConnection(ctx context.Context, id m365.ConnectionID) error {
	_, err := d.config.State.Get(ctx, state.Key{Kind: state.KindConnection, Connection: id, ID: string(id)})
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "find connection", "connection "+string(id)+" is not there", fault.Reason("CONNECTION_NOT_FOUND"),
			fault.Next("see which connections there are: tenantkeep connection list"))
	}
	return err
}

// HasProfile says with Precondition that a profile is not there. Profiles belong to no connection and
// are written by backup-worker.
func (d *Directory) HasProfile(ctx context.Context, id m365.ProfileID) error {
	_, err := d.config.State.Get(ctx, state.Key{Kind: state.KindProfile, Connection: state.NoConnection, ID: string(id)})
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Precondition, "find profile", "profile "+string(id)+" is not there", fault.Reason("PROFILE_NOT_FOUND"),
			fault.Next("see which profiles there are: tenantkeep profile list; or make it first: tenantkeep profile add"))
	}
	return err
}
