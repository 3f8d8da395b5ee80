package outbox

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// Standard is the profile that an installation begins with.
const Standard m365.ProfileID = "standard"

// standardEvery is how often a profile that nobody has edited yet backs up: four times a day is what
// the vault's bars are measured with.
const standardEvery = 6 * time.Hour

// EnsureProfile makes the standard profile if there is no profile at all.
func (b *Book) EnsureProfile(ctx context.Context) error {
	for _, err := range b.profiles.List(ctx, state.NoConnection) {
		return fault.Wrap("look for profiles", err) // there is one
	}
	_, err := b.CreateProfile(ctx, Standard, &backupv1.Profile{
		DisplayName: "Mail and files, every 6 hours",
		Workloads:   []typev1.Workload{typev1.Workload_WORKLOAD_MAIL, typev1.Workload_WORKLOAD_FILES},
		Schedule:    &backupv1.Schedule{Kind: &backupv1.Schedule_Every{Every: durationpb.New(standardEvery)}},
		Retention:   &backupv1.Retention{},
	}, byItself("first start", ""))
	if fault.Is(err, fault.Exists) {
		return nil // another process starts at the same time
	}
	return err
}

// CreateProfile writes a new profile; fault.Exists if the id is taken.
func (b *Book) CreateProfile(ctx context.Context, id m365.ProfileID, profile *backupv1.Profile, origin state.Origin) (Profile, error) {
	profile.Name = names.Profile(id)
	created, err := b.profiles.Create(ctx, state.NoConnection, string(id), "profile-created", profile, origin)
	if fault.Is(err, fault.Exists) {
		return Profile{}, fault.As(fault.Exists, "create profile", err, fault.Reason("PROFILE_EXISTS"), fault.Next("choose another id, or update the one there is"))
	}
	return created, fault.Wrap("create profile", err)
}

// Profile reads a profile.
func (b *Book) Profile(ctx context.Context, id m365.ProfileID) (Profile, error) {
	profile, err := b.profiles.Get(ctx, state.NoConnection, string(id))
	return profile, notThere(err, "profile "+string(id), "PROFILE_NOT_FOUND", "list the profiles: tenantkeep profile list")
}

// UpdateProfile edits a profile; a revision other than 0 has to be the newest one.
func (b *Book) UpdateProfile(ctx context.Context, id m365.ProfileID, revision int64, origin state.Origin, edit func(*backupv1.Profile) error) (Profile, error) {
	updated, err := b.profiles.Update(ctx, state.NoConnection, string(id), origin, func(profile *backupv1.Profile) (string, error) {
		if err := sameRevision(revision, profile.GetRevision()); err != nil {
			return "", err
		}
		return "profile-updated", edit(profile)
	})
	return updated, notThere(err, "profile "+string(id), "PROFILE_NOT_FOUND", "list the profiles: tenantkeep profile list")
}

// DeleteProfile removes a profile.
func (b *Book) DeleteProfile(ctx context.Context, id m365.ProfileID, revision int64, origin state.Origin) error {
	_, err := b.profiles.Decide(ctx, state.NoConnection, string(id), origin, func(profile Profile) (state.Decision, error) {
		return state.Decision{Fact: "profile-deleted", Remove: true}, sameRevision(revision, profile.Value.GetRevision())
	})
	return notThere(err, "profile "+string(id), "PROFILE_NOT_FOUND", "list the profiles: tenantkeep profile list")
}

func sameRevision(wanted, is int64) error {
	if wanted == 0 || wanted == is {
		return nil
	}
	// Not Conflict: that would be decided again, and this decision cannot change.
	return fault.New(fault.Precondition, "update", "somebody changed it since it was read", fault.Reason("REVISION_OLD"),
		fault.Next("read it again and repeat the change"))
}

func notThere(err error, what, reason, next string) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "find "+what, "there is none", fault.Reason(reason), fault.Next(next))
	}
	return err
}
