package gateway

import (
	"net/http"
	"strconv"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// storm is a 429 in the words of the service that was asked.
func (v *visit) storm(seconds int) error {
	refusal := &wire.Error{Status: http.StatusTooManyRequests, Code: "TooManyRequests", Inner: "429", Message: "Too many requests.", Header: http.Header{}}
	if v.Route != nil && v.Route.Service == wire.Outlook {
		refusal.Code, refusal.Message, refusal.Inner = "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", ""
	}
	if v.Route != nil && v.Route.Service == wire.Files {
		refusal.Code, refusal.Message, refusal.Inner = "activityLimitReached", "The request has been throttled", "throttledRequest"
	}
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
