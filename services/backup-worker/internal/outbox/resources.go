package outbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/protection"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Resource reads a resource.
func (b *Book) Resource(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID) (Resource, error) {
	resource, err := b.resources.Get(ctx, connection, string(id))
	return resource, noResource(err, id)
}

func noResource(err error, id m365.ResourceID) error {
	return notThere(err, "resource "+string(id), "RESOURCE_NOT_FOUND", "list the resources: tenantkeep resource list")
}

// Protect makes a resource protected, or brings it up to date. It tells whether it was not protected
// before: then it needs a backup.
func (b *Book) Protect(ctx context.Context, connection m365.ConnectionID, wanted protection.Resource, cause string) (began bool, err error) {
	began, err = b.update(ctx, connection, wanted, cause)
	if !fault.Is(err, fault.NotFound) {
		return began, err
	}
	resource := &backupv1.Resource{
		Name: names.Resource(connection, wanted.ID), Workload: Workload(wanted.Workload), EntraId: string(wanted.User.ID), Unit: randomUnit(),
	}
	describe(resource, wanted)
	_, err = b.resources.Create(ctx, connection, string(wanted.ID), "resource-protected", resource, byItself(cause, ""))
	if fault.Is(err, fault.Exists) { // another process was faster
		return b.update(ctx, connection, wanted, cause)
	}
	return err == nil, fault.Wrap("protect resource", err)
}

func (b *Book) update(ctx context.Context, connection m365.ConnectionID, wanted protection.Resource, cause string) (began bool, err error) {
	_, err = b.resources.Update(ctx, connection, string(wanted.ID), byItself(cause, ""), func(resource *backupv1.Resource) (string, error) {
		began = resource.GetProfile() == ""
		if !describe(resource, wanted) {
			return "", nil
		}
		if began {
			return "resource-protected", nil
		}
		return "resource-updated", nil
	})
	return began, err
}

// describe writes what the directory says, and tells whether that was news.
func describe(resource *backupv1.Resource, wanted protection.Resource) bool {
	profile := names.Profile(wanted.Profile)
	if resource.GetProfile() == profile && resource.GetUser() == wanted.User.Name && resource.GetDisplayName() == wanted.User.Address {
		return false
	}
	resource.Profile, resource.User, resource.DisplayName = profile, wanted.User.Name, wanted.User.Address
	return true
}

// Unprotect ends the protection of a resource. Its backups stay.
func (b *Book) Unprotect(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, cause string) error {
	_, err := b.resources.Update(ctx, connection, string(id), byItself(cause, ""), func(resource *backupv1.Resource) (string, error) {
		if resource.GetProfile() == "" {
			return "", nil
		}
		resource.Profile = ""
		return "resource-unprotected", nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return fault.Wrap("unprotect resource", err)
}

// randomUnit names a unit of the vault so that the name says nothing.
func randomUnit() string {
	random := make([]byte, 16)
	rand.Read(random) // never fails: it ends the process instead
	return hex.EncodeToString(random)
}
