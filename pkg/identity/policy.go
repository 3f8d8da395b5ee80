package identity

import (
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Access is who may call one method.
type Access struct {
	People   bool      // the administrator
	Services []Service // these services
}

func people(also ...Service) Access   { return Access{People: true, Services: also} }
func only(services ...Service) Access { return Access{Services: services} }

// Policy is the table of every method of every service. The health check is not in it: anybody
// who can connect may ask whether a server is well.
var Policy = map[string]Access{
	"/tenantkeep.auth.v1.ConnectionService/CreateConnection": people(),
	"/tenantkeep.auth.v1.ConnectionService/GetConnection":    people(DirectorySync, BackupWorker, RestoreWorker),
	"/tenantkeep.auth.v1.ConnectionService/ListConnections":  people(DirectorySync, BackupWorker, RestoreWorker),
	"/tenantkeep.auth.v1.ConnectionService/UpdateConnection": people(),
	"/tenantkeep.auth.v1.ConnectionService/DeleteConnection": people(),
	"/tenantkeep.auth.v1.ConnectionService/TestConnection":   people(),
	"/tenantkeep.auth.v1.TokenService/GetToken":              only(DirectorySync, BackupWorker, RestoreWorker),
	"/tenantkeep.auth.v1.KeyService/CreateUnitKey":           only(BackupWorker),
	"/tenantkeep.auth.v1.KeyService/OpenUnitKey":             only(BackupWorker, RestoreWorker),
	"/tenantkeep.auth.v1.AuditService/ListAuditRecords":      people(),
	"/tenantkeep.auth.v1.BudgetService/GetBudget":            people(),
	"/tenantkeep.auth.v1.BudgetService/WatchBudget":          people(),

	"/tenantkeep.directory.v1.UserService/GetUser":           people(BackupWorker, RestoreWorker),
	"/tenantkeep.directory.v1.UserService/ListUsers":         people(),
	"/tenantkeep.directory.v1.UserService/ImportUser":        people(),
	"/tenantkeep.directory.v1.UserService/SetUserProfile":    people(),
	"/tenantkeep.directory.v1.MappingService/CreateMapping":  people(),
	"/tenantkeep.directory.v1.MappingService/GetMapping":     people(),
	"/tenantkeep.directory.v1.MappingService/ListMappings":   people(),
	"/tenantkeep.directory.v1.MappingService/UpdateMapping":  people(),
	"/tenantkeep.directory.v1.MappingService/DeleteMapping":  people(),
	"/tenantkeep.directory.v1.MappingService/PreviewMapping": people(),
	"/tenantkeep.directory.v1.MappingService/SyncDirectory":  people(),

	"/tenantkeep.backup.v1.ProfileService/CreateProfile":  people(),
	"/tenantkeep.backup.v1.ProfileService/GetProfile":     people(DirectorySync),
	"/tenantkeep.backup.v1.ProfileService/ListProfiles":   people(DirectorySync),
	"/tenantkeep.backup.v1.ProfileService/UpdateProfile":  people(),
	"/tenantkeep.backup.v1.ProfileService/DeleteProfile":  people(),
	"/tenantkeep.backup.v1.ResourceService/GetResource":   people(RestoreWorker),
	"/tenantkeep.backup.v1.ResourceService/ListResources": people(RestoreWorker),
	"/tenantkeep.backup.v1.BackupService/StartBackup":     people(),
	"/tenantkeep.backup.v1.BackupService/StartAllBackups": people(),
	"/tenantkeep.backup.v1.JobService/GetJob":             people(),
	"/tenantkeep.backup.v1.JobService/ListJobs":           people(),
	"/tenantkeep.backup.v1.JobService/WatchJob":           people(),
	"/tenantkeep.backup.v1.JobService/CancelJob":          people(),
	"/tenantkeep.backup.v1.VaultService/StartVerify":      people(),

	"/tenantkeep.restore.v1.BrowseService/ListSnapshots":  people(),
	"/tenantkeep.restore.v1.BrowseService/ListItems":      people(),
	"/tenantkeep.restore.v1.BrowseService/SearchItems":    people(),
	"/tenantkeep.restore.v1.RestoreService/StartRestore":  people(),
	"/tenantkeep.restore.v1.RestoreService/GetRestore":    people(),
	"/tenantkeep.restore.v1.RestoreService/ListRestores":  people(),
	"/tenantkeep.restore.v1.RestoreService/CancelRestore": people(BackupWorker),
	"/tenantkeep.restore.v1.ExportService/Export":         people(),

	"/tenantkeep.notify.v1.ChannelService/CreateChannel":   people(),
	"/tenantkeep.notify.v1.ChannelService/ListChannels":    people(),
	"/tenantkeep.notify.v1.ChannelService/DeleteChannel":   people(),
	"/tenantkeep.notify.v1.ChannelService/TestChannel":     people(),
	"/tenantkeep.notify.v1.RuleService/CreateRule":         people(),
	"/tenantkeep.notify.v1.RuleService/ListRules":          people(),
	"/tenantkeep.notify.v1.RuleService/DeleteRule":         people(),
	"/tenantkeep.notify.v1.DeliveryService/ListDeliveries": people(),
	"/tenantkeep.notify.v1.EventService/WatchEvents":       people(),
}

// Authorise lets the caller call the method, or says why not: Unauthentic for nobody, Permission
// for everybody who may not and for methods that the table lacks.
func Authorise(caller Caller, method string) error {
	if caller == (Caller{}) {
		return fault.New(fault.Unauthentic, "authorise", "the call carries neither a token nor a service's certificate",
			fault.Reason("NO_CALLER"), fault.Next("pass the token of admin.token in the server's data directory"))
	}
	access := Policy[method]
	if (caller.Person != "" && access.People) || slices.Contains(access.Services, caller.Service) {
		return nil
	}
	return fault.New(fault.Permission, "authorise", caller.String()+" may not call "+method, fault.Reason("NOT_ALLOWED"))
}
