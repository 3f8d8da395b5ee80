package cli

import (
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// call makes the client of one gRPC service, over the connection to the process that serves it.
func call[T any](a *app, service identity.Service, make func(grpc.ClientConnInterface) T) (T, error) {
	var none T
	c, err := a.connect()
	if err != nil {
		return none, err
	}
	connection, err := c.To(service)
	if err != nil {
		return none, err
	}
	return make(connection), nil
}

func (a *app) connections() (authv1.ConnectionServiceClient, error) {
	return call(a, identity.AuthBroker, authv1.NewConnectionServiceClient)
}

func (a *app) audits() (authv1.AuditServiceClient, error) {
	return call(a, identity.AuthBroker, authv1.NewAuditServiceClient)
}

func (a *app) budgets() (authv1.BudgetServiceClient, error) {
	return call(a, identity.AuthBroker, authv1.NewBudgetServiceClient)
}

func (a *app) users() (directoryv1.UserServiceClient, error) {
	return call(a, identity.DirectorySync, directoryv1.NewUserServiceClient)
}

func (a *app) mappings() (directoryv1.MappingServiceClient, error) {
	return call(a, identity.DirectorySync, directoryv1.NewMappingServiceClient)
}

func (a *app) profiles() (backupv1.ProfileServiceClient, error) {
	return call(a, identity.BackupWorker, backupv1.NewProfileServiceClient)
}

func (a *app) resources() (backupv1.ResourceServiceClient, error) {
	return call(a, identity.BackupWorker, backupv1.NewResourceServiceClient)
}

func (a *app) backups() (backupv1.BackupServiceClient, error) {
	return call(a, identity.BackupWorker, backupv1.NewBackupServiceClient)
}

func (a *app) jobs() (backupv1.JobServiceClient, error) {
	return call(a, identity.BackupWorker, backupv1.NewJobServiceClient)
}

func (a *app) vaults() (backupv1.VaultServiceClient, error) {
	return call(a, identity.BackupWorker, backupv1.NewVaultServiceClient)
}

func (a *app) browser() (restorev1.BrowseServiceClient, error) {
	return call(a, identity.RestoreWorker, restorev1.NewBrowseServiceClient)
}

func (a *app) restores() (restorev1.RestoreServiceClient, error) {
	return call(a, identity.RestoreWorker, restorev1.NewRestoreServiceClient)
}

func (a *app) exports() (restorev1.ExportServiceClient, error) {
	return call(a, identity.RestoreWorker, restorev1.NewExportServiceClient)
}

func (a *app) channels() (notifyv1.ChannelServiceClient, error) {
	return call(a, identity.Notifier, notifyv1.NewChannelServiceClient)
}

func (a *app) rules() (notifyv1.RuleServiceClient, error) {
	return call(a, identity.Notifier, notifyv1.NewRuleServiceClient)
}

func (a *app) deliveries() (notifyv1.DeliveryServiceClient, error) {
	return call(a, identity.Notifier, notifyv1.NewDeliveryServiceClient)
}

func (a *app) events() (notifyv1.EventServiceClient, error) {
	return call(a, identity.Notifier, notifyv1.NewEventServiceClient)
}
