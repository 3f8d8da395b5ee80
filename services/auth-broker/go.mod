module github.com/tenantkeep/tenantkeep/services/auth-broker

go 1.26

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
