package m365

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Ids that Tenantkeep issues.
type (
	// ConnectionID names a connected tenant. It never changes, even if the tenant is connected anew.
	ConnectionID string
	// ResourceID names something that is protected: a mailbox, a drive, a site or a team.
	ResourceID string
	// ProfileID names a backup policy.
	ProfileID string
	// MappingID names a rule that imports Entra users.
	MappingID string
)

// Ids that Microsoft issues.
type (
	// TenantID is the GUID of an Entra tenant.
	TenantID string
	// AppID is the GUID of an application (its client id).
	AppID string
	// UserID is the object id of an Entra user: the only thing that a link may rest on, since
	// names and addresses are reused.
	UserID string
	// GroupID is the object id of an Entra group.
	GroupID string
	// DriveID names a OneDrive or a document library.
	DriveID string
	// FolderID names a mail folder.
	FolderID string
	// ItemID names a message, a file or a folder inside its mailbox or drive.
	ItemID string
)

// ParseTenantID accepts a GUID in its canonical form and returns it in lower case. Anything else
// is refused before a call is made with it.
func ParseTenantID(text string) (TenantID, error) {
	guid, err := canonicalGUID(text)
	if err != nil {
		return "", fmt.Errorf("tenant id %q: %w", text, err)
	}
	return TenantID(guid), nil
}

// ParseAppID accepts a GUID in its canonical form and returns it in lower case.
func ParseAppID(text string) (AppID, error) {
	guid, err := canonicalGUID(text)
	if err != nil {
		return "", fmt.Errorf("application id %q: %w", text, err)
	}
	return AppID(guid), nil
}

var errNotGUID = fmt.Errorf("is not a GUID such as 8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70")

func canonicalGUID(text string) (string, error) {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return "", errNotGUID
	}
	for i, width := range []int{8, 4, 4, 4, 12} {
		if _, err := hex.DecodeString(groups[i]); err != nil || len(groups[i]) != width {
			return "", errNotGUID
		}
	}
	return strings.ToLower(text), nil
}
