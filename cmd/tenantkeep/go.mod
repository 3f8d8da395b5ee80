module github.com/tenantkeep/tenantkeep/cmd/tenantkeep

go 1.26.0

require (
	github.com/tenantkeep/tenantkeep/pkg v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/graph v0.0.0
	github.com/tenantkeep/tenantkeep/pkg/vault v0.0.0
	github.com/tenantkeep/tenantkeep/proto v0.0.0
	github.com/tenantkeep/tenantkeep/services/auth-broker v0.0.0
	github.com/tenantkeep/tenantkeep/services/backup-worker v0.0.0
	github.com/tenantkeep/tenantkeep/services/directory-sync v0.0.0
	github.com/tenantkeep/tenantkeep/services/notifier v0.0.0
	github.com/tenantkeep/tenantkeep/services/restore-worker v0.0.0
	github.com/tenantkeep/tenantkeep/sim v0.0.0
)

require (
	github.com/VividCortex/ewma v1.2.0 // indirect
	github.com/acarl005/stripansi v0.0.0-20180116102854-5a71ef0e047d // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mattn/go-runewidth v0.0.19 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/vbauerster/mpb/v8 v8.9.3 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
)

replace (
	github.com/tenantkeep/tenantkeep/pkg => ../../pkg
	github.com/tenantkeep/tenantkeep/pkg/graph => ../../pkg/graph
	github.com/tenantkeep/tenantkeep/pkg/vault => ../../pkg/vault
	github.com/tenantkeep/tenantkeep/proto => ../../proto
	github.com/tenantkeep/tenantkeep/services/auth-broker => ../../services/auth-broker
	github.com/tenantkeep/tenantkeep/services/backup-worker => ../../services/backup-worker
	github.com/tenantkeep/tenantkeep/services/directory-sync => ../../services/directory-sync
	github.com/tenantkeep/tenantkeep/services/notifier => ../../services/notifier
	github.com/tenantkeep/tenantkeep/services/restore-worker => ../../services/restore-worker
	github.com/tenantkeep/tenantkeep/sim => ../../sim
)
