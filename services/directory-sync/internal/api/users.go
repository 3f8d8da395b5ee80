package api

import (
	"context"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// Users is the UserService.
type Users struct {
	directoryv1.UnimplementedUserServiceServer
	directory *outbox.Directory
	runner    *run.Runner
}

// NewUsers returns the service.
func NewUsers(directory *outbox.Directory, runner *run.Runner) *Users {
	return &Users{directory: directory, runner: runner}
}

// GetUser finds a user by object id, principal name or address.
func (u *Users) GetUser(_ context.Context, request *directoryv1.GetUserRequest) (*directoryv1.GetUserResponse, error) {
	_, user, err := u.named(request.GetName())
	return &directoryv1.GetUserResponse{User: user}, err
}

func (u *Users) named(name string) (m365.ConnectionID, *directoryv1.User, error) {
	connection, key, err := childNamed(name, "users")
	if err != nil {
		return "", nil, err
	}
	user, err := u.directory.User(connection, key)
	return connection, user, err
}

// ListUsers pages through users, all of them or those whose name or address has the query in it.
func (u *Users) ListUsers(_ context.Context, request *directoryv1.ListUsersRequest) (*directoryv1.ListUsersResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := afterToken(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, next := u.directory.Users.Page(connection, after, size, matching(request.GetQuery()))
	response := &directoryv1.ListUsersResponse{}
	for _, entity := range page {
		response.Users = append(response.Users, entity.Value)
	}
	if next != "" {
		response.NextPageToken = pageToken(next)
	}
	return response, nil
}

func matching(query string) func(state.Entity[*directoryv1.User]) bool {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return nil
	}
	return func(entity state.Entity[*directoryv1.User]) bool {
		for _, text := range []string{entity.Value.GetDisplayName(), entity.Value.GetUserPrincipalName(), entity.Value.GetMail()} {
			if strings.Contains(strings.ToLower(text), query) {
				return true
			}
		}
		return false
	}
}

// ImportUser brings one user in, whatever the mappings say.
func (u *Users) ImportUser(ctx context.Context, request *directoryv1.ImportUserRequest) (*directoryv1.ImportUserResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(request.GetUser()) == "" {
		return nil, fault.New(fault.Invalid, "import user", "no user is named", fault.Next("give an object id, a user principal name or an address"))
	}
	profile, err := u.profile(ctx, request.GetProfile())
	if err != nil {
		return nil, err
	}
	id, err := u.runner.Import(ctx, connection, strings.TrimSpace(request.GetUser()), profile, actor(ctx))
	if err != nil {
		return nil, err
	}
	user, err := u.directory.User(connection, string(id))
	return &directoryv1.ImportUserResponse{User: user}, err
}

// SetUserProfile pins a profile to a user, or unpins it.
func (u *Users) SetUserProfile(ctx context.Context, request *directoryv1.SetUserProfileRequest) (*directoryv1.SetUserProfileResponse, error) {
	connection, user, err := u.named(request.GetName())
	if err != nil {
		return nil, err
	}
	profile, err := u.profile(ctx, request.GetProfile())
	if err != nil {
		return nil, err
	}
	id := m365.UserID(user.GetEntraId())
	if err := u.runner.SetProfile(ctx, connection, id, profile, actor(ctx)); err != nil {
		return nil, err
	}
	user, err = u.directory.User(connection, string(id))
	return &directoryv1.SetUserProfileResponse{User: user}, err
}

// profile checks the name of a profile; an empty one is fine.
func (u *Users) profile(ctx context.Context, name string) (m365.ProfileID, error) {
	if name == "" {
		return "", nil
	}
	id, err := profileNamed(name)
	if err != nil {
		return "", err
	}
	return id, u.directory.HasProfile(ctx, id)
}

func actor(ctx context.Context) string { return identity.CallerOf(ctx).String() }
