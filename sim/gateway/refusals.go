package gateway

import (
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

func unauthorised(message string) error {
	return &wire.Error{
		Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: message,
		Header: http.Header{"Www-Authenticate": {`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`}},
	}
}

// denied is how each service says that the token lacks a permission.
func denied(service wire.Service) error {
	switch service {
	case wire.Outlook:
		return &wire.Error{Status: http.StatusForbidden, Code: "ErrorAccessDenied", Message: "Access is denied. Check credentials and try again."}
	case wire.Files:
		return &wire.Error{Status: http.StatusForbidden, Code: "accessDenied", Message: "Access denied"}
	default:
		return &wire.Error{Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Message: "Insufficient privileges to complete the operation."}
	}
}

func (v *visit) nowhere() error {
	if v.known {
		return &wire.Error{Status: http.StatusMethodNotAllowed, Code: "Request_BadRequest", Message: "Specified HTTP method is not allowed for the request target."}
	}
	if _, rest, _ := strings.Cut(strings.TrimPrefix(v.Request.URL.Path, "/"), "/"); strings.EqualFold(strings.SplitN(rest, "/", 2)[0], "me") {
		return wire.BadRequest("BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	return wire.UnknownSegment(v.Request.URL.Path)
}

// effects are the parts of a script that the serving package carries out.
func effects(o faults.Outcome) wire.Effects {
	e := wire.Effects{Quirks: o.Quirks}
	if rule, ok := o.Get("corrupt"); ok {
		e.Corrupt = rule.Corrupt
	}
	_, e.DuplicatePage = o.Get("duplicate")
	return e
}

// misbehave carries out what the script says of the transport, around the answer.
func (v *visit) misbehave(out *tracked, answer func()) {
	if rule, ok := v.outcome.Get("delay"); ok {
		faults.Wait(v.Request.Context(), time.Duration(rule.Delay)*time.Millisecond)
	}
	if _, ok := v.outcome.Get("reset"); ok {
		faults.Cut()
	}
	if err := v.scripted(); err != nil {
		v.Fail(err)
		return
	}
	_, truncate := v.outcome.Get("truncate")
	slow, slowly := v.outcome.Get("slow")
	if !truncate && !slowly {
		answer()
		return
	}
	held := faults.Hold(out)
	if truncate {
		held.Halve()
	}
	v.Writer = held
	answer()
	if truncate {
		held.Truncate()
	}
	held.Slowly(v.Request.Context(), time.Duration(slow.Delay)*time.Millisecond)
}

// scripted is the refusal that a rule asks for.
func (v *visit) scripted() error {
	if rule, ok := v.outcome.Get("status"); ok {
		refusal := &wire.Error{Status: rule.Status, Code: rule.Code, Message: rule.Message, Empty: rule.Empty, Body: rule.Body, Header: http.Header{}}
		if refusal.Code == "" {
			refusal.Code = "UnknownError"
		}
		for name, value := range rule.Headers {
			refusal.Header.Set(name, value)
		}
		return refusal
	}
	if rule, ok := v.outcome.Get("storm"); ok {
		return v.storm(rule.RetryAfter)
	}
	if _, ok := v.outcome.Get("expired"); ok {
		return unauthorised("Lifetime validation failed, the token is expired.")
	}
	return nil
}
