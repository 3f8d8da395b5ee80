module github.com/tenantkeep/tenantkeep/cmd/tenantkeep

go 1.26

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/vault v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
	github.com/tenantkeep/tenantkeep/sim v0.0.0
	github.com/tenantkeep/tenantkeep/services/auth-broker v0.0.0
	github.com/tenantkeep/tenantkeep/services/directory-sync v0.0.0
	github.com/tenantkeep/tenantkeep/services/backup-worker v0.0.0
	github.com/tenantkeep/tenantkeep/services/restore-worker v0.0.0
	github.com/tenantkeep/tenantkeep/services/notifier v0.0.0
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/pkg/vault => ../../pkg/vault
	github.com/tenantkeep/tenantkeep/proto => ../../proto
	github.com/tenantkeep/tenantkeep/sim => ../../sim
	github.com/tenantkeep/tenantkeep/services/auth-broker => ../../services/auth-broker
	github.com/tenantkeep/tenantkeep/services/directory-sync => ../../services/directory-sync
	github.com/tenantkeep/tenantkeep/services/backup-worker => ../../services/backup-worker
	github.com/tenantkeep/tenantkeep/services/restore-worker => ../../services/restore-worker
	github.com/tenantkeep/tenantkeep/services/notifier => ../../services/notifier
)
