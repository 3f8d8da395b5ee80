package outbox

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// facts by what a change does.
var facts = map[directory.Action]string{
	directory.Provision: "user-provisioned",
	directory.Update:    "user-updated",
	directory.Suspend:   "user-suspended",
	directory.Remove:    "user-removed",
}

var states = map[directory.State]directoryv1.UserState{
	directory.Unknown:   directoryv1.UserState_USER_STATE_UNSPECIFIED,
	directory.Active:    directoryv1.UserState_USER_STATE_ACTIVE,
	directory.Suspended: directoryv1.UserState_USER_STATE_SUSPENDED,
	directory.Removed:   directoryv1.UserState_USER_STATE_REMOVED,
}

// userOf reads our user out of its message.
func userOf(id m365.UserID, message *directoryv1.User) directory.User {
	user := directory.User{
		ID: id, PrincipalName: message.GetUserPrincipalName(), DisplayName: message.GetDisplayName(),
		Mail: message.GetMail(), Enabled: message.GetAccountEnabled(), Reason: message.GetStateReason(),
		Profile: m365.ProfileID(last(message.GetProfile())), Mapping: m365.MappingID(last(message.GetMapping())),
		Pinned: message.GetProfilePinned(), Imported: message.GetImported(),
	}
	for state, name := range states {
		if name == message.GetState() {
			user.State = state
		}
	}
	return user
}

// fill writes what is decided about a user into its message, and leaves the rest.
func fill(message *directoryv1.User, connection m365.ConnectionID, user directory.User) {
	message.Name = "connections/" + string(connection) + "/users/" + string(user.ID)
	message.EntraId = string(user.ID)
	message.UserPrincipalName, message.DisplayName, message.Mail = user.PrincipalName, user.DisplayName, user.Mail
	message.AccountEnabled, message.State, message.StateReason = user.Enabled, states[user.State], user.Reason
	message.Profile, message.Mapping = "", ""
	if user.Profile != "" {
		message.Profile = "profiles/" + string(user.Profile)
	}
	if user.Mapping != "" {
		message.Mapping = "connections/" + string(connection) + "/mappings/" + string(user.Mapping)
	}
	message.ProfilePinned, message.Imported = user.Pinned, user.Imported
}

// last is the id at the end of a resource name.
func last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// copied makes a message one's own: those of a projection are shared.
func copied(message *directoryv1.User) *directoryv1.User {
	return proto.Clone(message).(*directoryv1.User)
}
