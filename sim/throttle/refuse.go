package throttle

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// refuse words a refusal as the service of the request does.
func (l *Limiter) refuse(limit *Limit, r *Request, wait time.Duration) *wire.Error {
	refused := Refusal(limit.Service, limit.words())
	refused.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	if limit.Service == wire.Directory {
		kind, why := "ReadWrite", "ResourceUnitLimitExceeded"
		if limit.Measure == Writes {
			kind, why = "Write", "WriteLimitExceeded"
		}
		refused.Header.Set("x-ms-throttle-scope", fmt.Sprintf("%s/%s/%s/%s", limit.Scope, kind, r.App, l.tenant))
		refused.Header.Set("x-ms-throttle-information", why)
	}
	return refused
}

// words is how Outlook calls its limits.
func (l *Limit) words() string {
	switch l.Measure {
	case Concurrent:
		return "MailboxConcurrency"
	case Received:
		return "UploadLimit"
	case Requests, Units, Writes, Sent:
	}
	return "RequestLimit"
}

// Refusal is a 429 in the words of a service; Outlook names the limit.
func Refusal(service wire.Service, limit string) *wire.Error {
	refused := &wire.Error{Status: http.StatusTooManyRequests, Header: http.Header{}}
	switch service {
	case wire.Outlook: // without innerError
		refused.Code = "ApplicationThrottled"
		refused.Body = []byte(`{"error":{"code":"ApplicationThrottled","message":"Application is over its ` + limit + ` limit."}}`)
	case wire.Files:
		refused.Code, refused.Inner, refused.Message = "activityLimitReached", "throttledRequest", "The request has been throttled"
	default:
		refused.Code, refused.Inner, refused.Message = "TooManyRequests", "429", "Too many requests."
	}
	return refused
}
