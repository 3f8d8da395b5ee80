package work

import (
	"errors"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// How often and when a job is tried again. Eight tries reach over twenty minutes; what lasts longer
// is told to people, and the schedule begins anew.
const (
	mostFailures  = 8
	firstBackoff  = 5 * time.Second
	longestWait   = 10 * time.Minute
	leastThrottle = 5 * time.Second
)

// retry decides whether a job is tried again after an error, and when. To be throttled is no
// failure: Graph said when to come again. After another writer of the unit it begins anew at once; if
// there is one again it waits, since one of the two writes without the lease.
func retry(err error, failures int, now time.Time) (outbox.Pause, bool) {
	if fenced(err) && failures == 0 {
		return outbox.Pause{Failed: true}, true
	}
	switch fault.KindOf(err) {
	case fault.Throttled:
		return outbox.Pause{Until: now.Add(max(fault.RetryAfterOf(err), leastThrottle))}, true
	case fault.Transient, fault.Exhausted, fault.Conflict, fault.Resync, fault.Internal, fault.Cancelled:
		if failures+1 >= mostFailures || fault.ReasonOf(err) == vault.Damaged {
			return outbox.Pause{}, false
		}
		wait := min(firstBackoff<<failures, longestWait)
		return outbox.Pause{Failed: true, Until: now.Add(max(wait, fault.RetryAfterOf(err)))}, true
	default:
		return outbox.Pause{}, false
	}
}

// problemOf is an error for people.
func problemOf(err error) *outbox.Problem {
	problem := &outbox.Problem{Reason: fault.ReasonOf(err), Cause: err.Error(), Next: fault.NextOf(err)}
	if problem.Reason == "" {
		problem.Reason = reasons[fault.KindOf(err)]
	}
	if problem.Next == "" {
		problem.Next = nexts[fault.KindOf(err)]
	}
	if refusal := (*graph.Refusal)(nil); errors.As(err, &refusal) {
		problem.RequestID = refusal.RequestID
	}
	return problem
}

// reasons and nexts are for errors that do not say more.
var reasons = map[fault.Kind]string{
	fault.Internal: "INTERNAL", fault.Invalid: "INVALID", fault.Unsupported: "UNSUPPORTED", fault.NotFound: "NOT_FOUND",
	fault.Permission: "PERMISSION", fault.Unauthentic: "UNAUTHENTICATED", fault.Precondition: "PRECONDITION", fault.Transient: "UNAVAILABLE",
	fault.Throttled: "THROTTLED", fault.Exhausted: "EXHAUSTED", fault.Conflict: "CONFLICT", fault.Resync: "RESYNC", fault.Cancelled: "CANCELLED",
}

var nexts = map[fault.Kind]string{
	fault.Internal: "look into backup-worker's log under the job's id", fault.Permission: "run the connection test: tenantkeep connection test",
	fault.Unauthentic: "run the connection test: tenantkeep connection test", fault.Transient: "check the network to Microsoft and between the services",
	fault.Exhausted: "free space where the vault lies", fault.NotFound: "check that the user still exists",
}
