package inbox

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/protection"

	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// Reconcile compares every user with their resources.
func (i *Inbox) Reconcile(ctx context.Context, cause string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for user := range i.views.Users.All("") {
		group.Go(func() error { return i.align(ctx, user.Key.Connection, user.Value, false, cause) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return i.orphans(ctx, cause)
}

// align makes the resources of one user what they have to be. It writes nothing if they are.
func (i *Inbox) align(ctx context.Context, connection m365.ConnectionID, user *directoryv1.User, removed bool, cause string) error {
	person := userOf(user, removed)
	if person.ID == "" {
		return fault.New(fault.Invalid, "protect user", "the user has no Entra object id")
	}
	workloads, err := i.workloads(ctx, person.Profile)
	if err != nil {
		return err
	}
	wanted, others := protection.Wanted(person, workloads)
	for _, resource := range wanted {
		if err := i.protect(ctx, connection, resource, cause); err != nil {
			return err
		}
	}
	for _, id := range others {
		known, exists := i.views.Resources.Get(connection, string(id))
		if exists && known.Value.GetProfile() == "" {
			continue
		}
		if err := i.book.Unprotect(ctx, connection, id, cause); err != nil {
			return err
		}
	}
	return nil
}

// protect protects a resource. What was never backed up, or is protected again, gets a backup now;
// asking twice is harmless, and saves knowing whether the one who asked before lived to do it.
func (i *Inbox) protect(ctx context.Context, connection m365.ConnectionID, wanted protection.Resource, cause string) error {
	began, err := i.book.Protect(ctx, connection, wanted, cause)
	if err != nil {
		return err
	}
	if !began {
		known, exists := i.views.Resources.Get(connection, string(wanted.ID))
		if exists && known.Value.GetBackups() > 0 {
			return nil
		}
	}
	_, err = i.book.RequestBackup(ctx, connection, wanted.ID, outbox.Request{
		Queue: jobs.Scheduled, Origin: state.Origin{Cause: "first backup", Actor: outbox.Service},
	})
	return err
}

// orphans ends the protection of resources whose user is not in the directory any more.
func (i *Inbox) orphans(ctx context.Context, cause string) error {
	for resource := range i.views.Resources.All("") {
		if resource.Value.GetProfile() == "" {
			continue
		}
		user := names.Last(resource.Value.GetUser())
		if _, exists := i.views.Users.Get(resource.Key.Connection, user); exists {
			continue
		}
		if err := i.book.Unprotect(ctx, resource.Key.Connection, m365.ResourceID(resource.Key.ID), cause); err != nil {
			return err
		}
	}
	return nil
}

// workloads are those of a profile as it is now; none if there is no such profile.
func (i *Inbox) workloads(ctx context.Context, id m365.ProfileID) ([]m365.Workload, error) {
	if id == "" {
		return nil, nil
	}
	profile, err := i.book.Profile(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var workloads []m365.Workload
	for _, number := range profile.Value.GetWorkloads() {
		if workload := outbox.WorkloadOf(number); workload != "" {
			workloads = append(workloads, workload)
		}
	}
	return workloads, nil
}

func userOf(user *directoryv1.User, removed bool) protection.User {
	profile := m365.ProfileID("")
	if user.GetProfile() != "" {
		profile = m365.ProfileID(names.Last(user.GetProfile()))
	}
	return protection.User{
		Name: user.GetName(), ID: m365.UserID(user.GetEntraId()), Profile: profile, Mailbox: user.GetMail() != "",
		Address: cmp.Or(user.GetMail(), user.GetUserPrincipalName(), user.GetDisplayName()),
		Active:  !removed && user.GetState() == directoryv1.UserState_USER_STATE_ACTIVE,
	}
}
