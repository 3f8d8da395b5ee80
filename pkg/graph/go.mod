module github.com/tenantkeep/tenantkeep/pkg/graph

go 1.26

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ..
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
