module github.com/tenantkeep/tenantkeep/services/backup-worker

go 1.26

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/vault v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/pkg/vault => ../../pkg/vault
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
