package bus

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Verb is what a handler's error makes of a message.
type Verb uint8

// The verbs.
const (
	Ack   Verb = iota // done with it
	Again             // deliver it again, after Settlement.Wait
	Dead              // never again: leave a dead letter
)

// Settlement is a verb with its wait.
type Settlement struct {
	Verb Verb
	Wait time.Duration // before it is delivered again
}

// Limits of redelivery. Waiting is free for the other side, but a fact that waits is late: the longest
// pause is what people accept of a notice.
const (
	backoffFirst = 250 * time.Millisecond
	backoffMax   = 5 * time.Minute
	maxDefects   = 8   // deliveries of what fails for no known reason
	maxDelivered = 500 // deliveries of anything: then the process crashes on it, or the reason never goes away
)

// Settle decides by the kind of err what becomes of a message that was delivered so often (from 1). It is
// the table of package fault.
func Settle(err error, delivered int) Settlement {
	if err == nil {
		return Settlement{Verb: Ack}
	}
	switch kind := fault.KindOf(err); kind {
	case fault.NotFound, fault.Exists:
		return Settlement{Verb: Ack}
	case fault.Invalid, fault.Unsupported, fault.Unauthentic, fault.Permission, fault.Precondition:
		return Settlement{Verb: Dead}
	case fault.Cancelled:
		return Settlement{Verb: Again}
	case fault.Throttled, fault.Transient, fault.Exhausted, fault.Conflict, fault.Resync, fault.Internal:
		if kind == fault.Internal && delivered >= maxDefects {
			return Settlement{Verb: Dead}
		}
		return Settlement{Verb: Again, Wait: max(fault.RetryAfterOf(err), Backoff(delivered))}
	default:
		return Settlement{Verb: Dead}
	}
}

// Backoff is how long to wait after that many tries (from 1): doubling, at most 5 minutes.
func Backoff(tries int) time.Duration {
	wait := backoffFirst
	for range tries - 1 {
		if wait *= 2; wait >= backoffMax {
			return backoffMax
		}
	}
	return wait
}
