module github.com/tenantkeep/tenantkeep/services/backup-worker

go 1.26.0

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/vault v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

require golang.org/x/sync v0.24.0 // indirect

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/pkg/vault => ../../pkg/vault
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
