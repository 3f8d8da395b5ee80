package bus

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Streams and buckets.
const (
	StreamState       = "STATE"
	StreamEvents      = "EVENTS"
	StreamEventsJSON  = "EVENTS_JSON"
	StreamJobs        = "JOBS"
	StreamSchedules   = "SCHED"
	StreamRetries     = "RETRY"
	StreamDeadLetters = "DLQ"
	StreamAdvisories  = "ADVISORY"
	StreamAudit       = "AUDIT"
	BucketSealed      = "SEALED"
	BucketChannels    = "CHANNELS"
)

// First tokens of subjects.
const (
	RootState     = "st" // entities that everybody may read about
	RootInternal  = "in" // entities of one service
	RootEvents    = "tenantkeep.v1.evt"
	RootJSON      = "tenantkeep.v1.json"
	RootJobs      = "jobs"
	RootSchedules = "sched"
	RootDue       = "due"
	RootRetries   = "retry"
	RootAgain     = "again"
	RootDead      = "dead"
	RootAudit     = "audit"
	RootCancel    = "cancel"   // core NATS: cancel.<job>
	RootProgress  = "progress" // core NATS: progress.<job>
)

// AdvisoryMaxDeliveries is where the server says that a job was delivered too often.
const AdvisoryMaxDeliveries = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + StreamJobs + ".*"

// JobClasses are the classes of jobs, most urgent first; each has one consumer, [JobConsumer].
var JobClasses = []string{"restore", "interactive", "scheduled", "verify"}

// Consumers of the plumbing itself. Those of services are named after the service.
const (
	ConsumerDispatcher = "dispatcher" // due schedules; one process at a time
	ConsumerRetries    = "retries"    // jobs that come back
	ConsumerFuse       = "fuse"       // jobs that were delivered too often
)

// LeaderGroup is the priority group of consumers that one process at a time reads.
const LeaderGroup = "leader"

// NoConnection stands in subjects and keys of what belongs to no connection.
const NoConnection m365.ConnectionID = "_"

// StateSubject is where the fact of an entity is written.
func StateSubject(root, kind string, connection m365.ConnectionID, id, fact string) string {
	return join(root, kind, string(connection), id, fact)
}

// StateFilter matches every fact of an entity. All writers must use this filter and no other:
// the server serialises writes by the text of the filter.
func StateFilter(root, kind string, connection m365.ConnectionID, id string) string {
	return join(root, kind, string(connection), id, "*")
}

// KindFilter matches every fact of a kind; with connection "" of all connections.
func KindFilter(root, kind string, connection m365.ConnectionID) string {
	return join(root, kind, orAny(string(connection)), "*", "*")
}

// EventFilter matches events; an empty part matches everything.
func EventFilter(connection m365.ConnectionID, kind, fact, id string) string {
	return join(RootEvents, orAny(string(connection)), orAny(kind), orAny(fact), orAny(id))
}

// JobSubject is the one place in the queue of a class for work on a resource.
func JobSubject(class string, connection m365.ConnectionID, resource string) string {
	return join(RootJobs, class, string(connection), resource)
}

// JobConsumer is the durable consumer of a class of jobs.
func JobConsumer(class string) string { return "jobs-" + class }

// ValidToken tells whether text can be one token of a subject.
func ValidToken(text string) bool {
	if text == "" {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r == '.' || r == '*' || r == '>' || r == 0x7f
	})
}

func orAny(token string) string {
	if token == "" {
		return "*"
	}
	return token
}

func join(tokens ...string) string { return strings.Join(tokens, ".") }
