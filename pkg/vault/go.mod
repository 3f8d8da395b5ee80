module github.com/tenantkeep/tenantkeep/pkg/vault

go 1.26.0

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/klauspost/cpuid/v2 v2.0.12 // indirect
	github.com/zeebo/blake3 v0.2.4 // indirect
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ..
	github.com/tenantkeep/tenantkeep/proto => ../../proto
)
