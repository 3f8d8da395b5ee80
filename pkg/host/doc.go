// Package host is the ground that a service stands on: its configuration, its connection to the
// bus, the state, the other services, the ledger of budgets, its log and its gRPC server. What all
// five services do alike is done here once; a service keeps only what makes it different.
//
//	main:        host.Main(identity.Notifier, notifier.New)
//	all-in-one:  one host.Plant, one Host of it per service, one shared gRPC server
//
// A service is built from a [Host] and then
//
//	Register(registrar)   adds its gRPC services
//	Run(ctx)              works until ctx ends; returns nil then
//
// Configuration comes from flags, each of which has an environment variable of the same name:
// --vault-dir is TENANTKEEP_VAULT_DIR. There are no configuration files.
package host
