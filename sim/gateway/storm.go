package gateway

import (
	"strconv"

	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// storm is a 429 in the words of the service that was asked.
func (v *visit) storm(seconds int) error {
	service := wire.Gateway
	if v.Route != nil {
		service = v.Route.Service
	}
	refusal := throttle.Refusal(service, "MailboxConcurrency")
	if seconds > 0 {
		refusal.Header.Set("Retry-After", strconv.Itoa(seconds))
	}
	return v.reword(refusal)
}

// reword applies the quirks that concern refusals for too many requests.
func (v *visit) reword(refusal *wire.Error) error {
	switch {
	case v.Quirk("no-retry-after"):
		refusal.Header.Del("Retry-After")
	case v.Quirk("fixed-retry-after"):
		refusal.Header.Set("Retry-After", "120")
	}
	return refusal
}
