module github.com/tenantkeep/tenantkeep/services/restore-worker

go 1.26.0

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/vault v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

require (
	github.com/emersion/go-message v0.18.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/tenantkeep/tenantkeep/services/auth-broker v0.0.0
	github.com/tenantkeep/tenantkeep/sim v0.0.0
	golang.org/x/sync v0.24.0 // indirect
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/pkg/vault => ../../pkg/vault
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)

replace github.com/tenantkeep/tenantkeep/sim => ../../sim

replace github.com/tenantkeep/tenantkeep/services/auth-broker => ../auth-broker
