module github.com/tenantkeep/tenantkeep/services/directory-sync

go 1.26.0

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	pgregory.net/rapid v1.2.0 // indirect
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
