package identity

import "context"

// Service names one of Tenantkeep's five services, or the command line's own process.
type Service string

// The services.
const (
	AuthBroker    Service = "auth-broker"
	DirectorySync Service = "directory-sync"
	BackupWorker  Service = "backup-worker"
	RestoreWorker Service = "restore-worker"
	Notifier      Service = "notifier"
)

// Services lists all of them, in the order in which they like to be started.
var Services = []Service{AuthBroker, DirectorySync, BackupWorker, RestoreWorker, Notifier}

// Caller is who makes a call. The zero value is nobody.
type Caller struct {
	Person  string  // "admin", or empty
	Service Service // or empty
}

// String is the caller as audit records and changes have it: "person:admin",
// "service:backup-worker", or "" for nobody.
func (c Caller) String() string {
	switch {
	case c.Person != "":
		return "person:" + c.Person
	case c.Service != "":
		return "service:" + string(c.Service)
	default:
		return ""
	}
}

type callerKey struct{}

// WithCaller returns a context that carries who calls.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf returns who calls; the zero value if that was not established.
func CallerOf(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}
