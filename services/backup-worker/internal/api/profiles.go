package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// CreateProfile writes a new profile.
func (s profiles) CreateProfile(ctx context.Context, request *backupv1.CreateProfileRequest) (*backupv1.CreateProfileResponse, error) {
	id := request.GetProfileId()
	if id == "" {
		random := make([]byte, 5)
		rand.Read(random) // never fails: it ends the process instead
		id = "p-" + hex.EncodeToString(random)
	}
	if err := checkProfileID(id); err != nil {
		return nil, err
	}
	profile := &backupv1.Profile{}
	if err := copyFields(profile, request.GetProfile(), nil); err != nil {
		return nil, err
	}
	if err := checkProfile(profile); err != nil {
		return nil, err
	}
	created, err := s.book.CreateProfile(ctx, m365.ProfileID(id), profile, command(ctx))
	if err != nil {
		return nil, err
	}
	return &backupv1.CreateProfileResponse{Profile: created.Value}, s.shown(ctx, created)
}

// GetProfile reads a profile.
func (s profiles) GetProfile(ctx context.Context, request *backupv1.GetProfileRequest) (*backupv1.GetProfileResponse, error) {
	id, err := names.ParseProfile(request.GetName())
	if err != nil {
		return nil, err
	}
	profile, err := s.book.Profile(ctx, id)
	return &backupv1.GetProfileResponse{Profile: profile.Value}, err
}

// ListProfiles lists all profiles by id.
func (s profiles) ListProfiles(_ context.Context, request *backupv1.ListProfilesRequest) (*backupv1.ListProfilesResponse, error) {
	page, next, err := list(s.views.Profiles, state.NoConnection, request.GetPageSize(), request.GetPageToken(), nil)
	return &backupv1.ListProfilesResponse{Profiles: page, NextPageToken: next}, err
}

// UpdateProfile edits a profile. Resources follow it within moments.
func (s profiles) UpdateProfile(ctx context.Context, request *backupv1.UpdateProfileRequest) (*backupv1.UpdateProfileResponse, error) {
	id, err := names.ParseProfile(request.GetProfile().GetName())
	if err != nil {
		return nil, err
	}
	updated, err := s.book.UpdateProfile(ctx, id, request.GetProfile().GetRevision(), command(ctx), func(profile *backupv1.Profile) error {
		if err := copyFields(profile, request.GetProfile(), request.GetUpdateMask().GetPaths()); err != nil {
			return err
		}
		return checkProfile(profile)
	})
	if err != nil {
		return nil, err
	}
	return &backupv1.UpdateProfileResponse{Profile: updated.Value}, s.shown(ctx, updated)
}

// DeleteProfile removes a profile that protects nothing.
func (s profiles) DeleteProfile(ctx context.Context, request *backupv1.DeleteProfileRequest) (*backupv1.DeleteProfileResponse, error) {
	id, err := names.ParseProfile(request.GetName())
	if err != nil {
		return nil, err
	}
	used, _ := s.views.Resources.Page("", "", 1, func(resource outbox.Resource) bool { return resource.Value.GetProfile() == names.Profile(id) })
	if len(used) > 0 {
		return nil, fault.New(fault.Precondition, "delete profile", "it protects "+used[0].Value.GetDisplayName()+" and perhaps others",
			fault.Reason("PROFILE_IN_USE"), fault.Next("give the users and mappings that have it another profile first"))
	}
	return &backupv1.DeleteProfileResponse{}, s.book.DeleteProfile(ctx, id, request.GetRevision(), command(ctx))
}

// shown waits until lists show what was written.
func (s profiles) shown(ctx context.Context, profile outbox.Profile) error {
	return s.views.Profiles.WaitFor(ctx, profile.Sequence)
}

// copyFields copies what a caller may set, all of it or what the mask names.
func copyFields(to, from *backupv1.Profile, mask []string) error {
	if from == nil {
		return fault.New(fault.Invalid, "read profile", "there is none in the request")
	}
	if len(mask) == 0 {
		mask = []string{"display_name", "workloads", "exclusions", "schedule", "retention"}
	}
	from = proto.CloneOf(from)
	for _, path := range mask {
		switch path {
		case "display_name":
			to.DisplayName = from.GetDisplayName()
		case "workloads":
			to.Workloads = from.GetWorkloads()
		case "exclusions":
			to.Exclusions = from.GetExclusions()
		case "schedule":
			to.Schedule = from.GetSchedule()
		case "retention":
			to.Retention = from.GetRetention()
		default:
			return fault.New(fault.Invalid, "read profile", "field "+path+" cannot be set",
				fault.Next("display_name, workloads, exclusions, schedule and retention can be"))
		}
	}
	return nil
}
