// Package api answers the gRPC services of auth-broker: ConnectionService, TokenService, KeyService and
// AuditService. It checks and converts; what happens is decided in packages connection and token.
package api
