// Package authbroker is the service that holds the credentials of connected tenants, and gives
// Tenantkeep's own workers access tokens and keys. It is the only one that can read a secret.
//
//	ConnectionService  api -> connection -> entra (sign-in, organisation)
//	                                     \-> sealed (credentials), outbox (state and facts)
//	TokenService       api -> token -> tokencache (Redis, or memory in the all-in-one)
//	                                \-> connection -> entra
//	KeyService         api -> keys (wrapped, in this service's data directory)
//	AuditService       api -> the audit trail
//
// Its data directory holds seal.key, which everything sealed depends on, and keys/, which every backup
// depends on. Both belong into a copy that is kept apart.
package authbroker
