package run

import (
	"context"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

const byPerson = "command"

// Import brings one Entra user in because a person wants it, whatever the mappings say. Without a
// profile the mappings choose one, if one of them matches.
func (r *Runner) Import(ctx context.Context, connection m365.ConnectionID, key string, profile m365.ProfileID, actor string) (m365.UserID, error) {
	source, err := r.sources.Open(ctx, connection)
	if err != nil {
		return "", fault.Wrap("import user", err)
	}
	person, err := source.Person(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.NotFound, "import user", "Entra has no user "+key, fault.Reason("ENTRA_USER_NOT_FOUND"),
			fault.Next("give the object id, the user principal name or the primary address as Entra shows it"))
	}
	if err != nil {
		return "", fault.Wrap("import user", err)
	}
	entry, err := r.entry(ctx, connection, person)
	if err != nil {
		return "", fault.Wrap("import user", err)
	}
	rules := r.ours.Rules(connection)
	err = r.ours.Edit(ctx, connection, person.ID, Run{Actor: actor}, func(before directory.User) Planned {
		wanted := before
		wanted.Imported = true
		if profile != "" {
			wanted.Profile, wanted.Pinned = profile, true
		}
		after := directory.Next(rules, entry, wanted).After
		return Planned{directory.Turn(before, after), byPerson}
	})
	return person.ID, fault.Wrap("import user", err)
}

// entry adds to a person the memberships that are known already; the next sync brings the others.
func (r *Runner) entry(ctx context.Context, connection m365.ConnectionID, person directory.Person) (directory.Entry, error) {
	cursor, err := r.ours.Cursor(ctx, connection)
	if err != nil {
		return directory.Entry{}, err
	}
	mirror, err := r.ours.Mirror(ctx, connection, cursor, person.ID)
	if err != nil {
		return directory.Entry{}, err
	}
	return directory.Entry{Person: &person, Groups: mirror.Entry(person.ID).Groups}, nil
}

// SetProfile pins a profile, or with "" gives the choice back to the mapping that brought the user in.
func (r *Runner) SetProfile(ctx context.Context, connection m365.ConnectionID, id m365.UserID, profile m365.ProfileID, actor string) error {
	rules := r.ours.Rules(connection)
	return r.ours.Edit(ctx, connection, id, Run{Actor: actor}, func(before directory.User) Planned {
		after := before
		after.Profile, after.Pinned = profile, profile != ""
		if profile == "" {
			after.Profile = rules.Profile(before.Mapping)
		}
		return Planned{directory.Turn(before, after), byPerson}
	})
}

// Preview says what would become of the users whom a mapping concerns if the rules were as proposed.
// It reads what is new in Entra and changes nothing.
func (r *Runner) Preview(ctx context.Context, connection m365.ConnectionID, proposed directory.Rules, mapping m365.MappingID) ([]directory.Previewed, error) {
	mirror, err := r.look(ctx, connection, proposed)
	if err != nil {
		return nil, fault.Wrap("preview mapping", err)
	}
	return directory.Preview(r.ours.Rules(connection), proposed, mapping, mirror, r.ours.Users(connection)), nil
}

func (r *Runner) look(ctx context.Context, connection m365.ConnectionID, proposed directory.Rules) (*directory.Mirror, error) {
	source, err := r.sources.Open(ctx, connection)
	if err != nil {
		return nil, err
	}
	cursor, err := r.ours.Cursor(ctx, connection)
	if err != nil {
		return nil, err
	}
	groups := directory.NewRules(append(slices.Clone(proposed), r.ours.Rules(connection)...)...).Groups()
	found, err := read(ctx, source, cursor, groups)
	if fault.Is(err, fault.Resync) {
		cursor = Cursor{}
		found, err = read(ctx, source, cursor, groups)
	}
	if err != nil {
		return nil, err
	}
	mirror := directory.NewMirror(nil)
	if !found.allOf {
		if mirror, err = r.ours.Mirror(ctx, connection, cursor); err != nil {
			return nil, err
		}
	}
	found.apply(mirror, cursor.groups())
	return mirror, believable(mirror)
}
