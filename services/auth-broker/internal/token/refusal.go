package token

import (
	"maps"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// refusalPause is how long a tenant that has refused for good is not asked again: repeated wrong
// sign-ins are throttled by Entra. A new credential has a new version and is tried at once.
const refusalPause = 30 * time.Second

type refused struct {
	err   error
	until time.Time
}

// refusedStill returns the refusal that still holds. The source is locked.
func (s *Source) refusedStill(key Key) error {
	if r, known := s.refusals[key]; known && s.now().Before(r.until) {
		return r.err
	}
	return nil
}

// remember keeps a refusal that waiting does not mend, and one that says how long to wait. The source is
// locked.
func (s *Source) remember(key Key, err error) {
	now := s.now()
	maps.DeleteFunc(s.refusals, func(_ Key, r refused) bool { return !now.Before(r.until) })
	switch wait := fault.RetryAfterOf(err); {
	case err == nil || fault.Is(err, fault.NotFound):
		delete(s.refusals, key)
	case wait > 0:
		s.refusals[key] = refused{err, now.Add(min(wait, refusalPause))}
	case !fault.Retryable(err):
		s.refusals[key] = refused{err, now.Add(refusalPause)}
	}
}
