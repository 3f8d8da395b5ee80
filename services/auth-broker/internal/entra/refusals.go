package entra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// meaning is what a refusal means to us. In cause and next, {app} and {tenant} stand for the ids.
type meaning struct {
	kind                fault.Kind
	reason, cause, next string
}

// meanings by AADSTS number; see the error code reference in the package comment.
var meanings = map[int]meaning{
	700016: {fault.Precondition, "APPLICATION_UNKNOWN", "application {app} is not known in tenant {tenant}",
		"check the application id and the tenant id; if both are right, grant admin consent to the application in this tenant"},
	7000215: {fault.Precondition, "SECRET_WRONG", "the client secret of application {app} is wrong",
		"copy the secret's value, not its id, from the app registration (Certificates & secrets); it is shown only once, so make a new one if it is gone"},
	7000222: {fault.Precondition, "CREDENTIAL_EXPIRED", "the client secret or certificate of application {app} has expired",
		"make a new one in the app registration and update the connection with it"},
	700027: {fault.Precondition, "CERTIFICATE_UNKNOWN", "the certificate is not registered with application {app}, or its key does not match",
		"upload the certificate under Certificates & secrets of the app registration and compare the thumbprints"},
	700024: {fault.Precondition, "CLOCK_SKEW", "the signed assertion is not valid at Entra's time",
		"synchronise the clock of the machine that auth-broker runs on (NTP)"},
	7000218: {fault.Precondition, "CREDENTIAL_MISSING", "Entra got no credential for application {app}", "update the connection with a secret or certificate"},
	700021:  {fault.Internal, "ASSERTION_REFUSED", "Entra refused the form of the signed assertion", "report this with the trace id"},
	700023:  {fault.Precondition, "CLOUD_WRONG", "the signed assertion was made for another login host", "check which cloud the tenant lives in"},
	50027:   {fault.Internal, "ASSERTION_REFUSED", "Entra refused the form of the signed assertion", "report this with the trace id"},
	7000214: {fault.Internal, "ASSERTION_REFUSED", "Entra refused the form of the signed assertion", "report this with the trace id"},
	7000229: {fault.Precondition, "PRINCIPAL_MISSING", "application {app} has no service principal in tenant {tenant}",
		"have an administrator of the tenant grant admin consent to the application"},
	7000112: {fault.Precondition, "APPLICATION_DISABLED", "application {app} is disabled", "enable sign-in under Enterprise applications, Properties"},
	90002:   {fault.Precondition, "TENANT_UNKNOWN", "tenant {tenant} does not exist in this cloud", "check the tenant id, and which cloud it lives in"},
	900023:  {fault.Invalid, "TENANT_MALFORMED", "{tenant} is no tenant id", "give the directory (tenant) id as a GUID"},
	900021:  {fault.Invalid, "TENANT_MALFORMED", "{tenant} is no tenant id", "give the directory (tenant) id as a GUID"},
	900382:  {fault.Precondition, "CLOUD_WRONG", "tenant {tenant} lives in another cloud", "connect it with the cloud that it lives in: global, gcc, gcch, dod or china"},
	500011: {fault.Precondition, "CLOUD_WRONG", "tenant {tenant} does not know the Graph of this cloud",
		"check which cloud the tenant lives in: global, gcc, gcch, dod or china"},
	70011:   {fault.Precondition, "CLOUD_WRONG", "Entra does not know the Graph of this cloud", "check which cloud the tenant lives in"},
	1002012: {fault.Precondition, "CLOUD_WRONG", "Entra does not know the Graph of this cloud", "check which cloud the tenant lives in"},
	65001: {fault.Precondition, "CONSENT_MISSING", "nobody has consented to application {app} in tenant {tenant}",
		"have an administrator of the tenant grant admin consent to the application"},
	65004: {fault.Precondition, "CONSENT_MISSING", "an administrator declined to consent to application {app}",
		"have an administrator of the tenant grant admin consent to the application"},
	53003: {fault.Precondition, "CONDITIONAL_ACCESS", "a Conditional Access policy blocks application {app}",
		"exclude the workload identity from the policy, or allow the address that auth-broker calls from"},
	50196: {fault.Throttled, "SIGN_IN_LOOP", "Entra sees too many equal sign-ins", "wait some minutes; check that only one installation uses the application"},
	90033: {fault.Transient, "ENTRA_UNAVAILABLE", "Entra has a temporary problem", "try again in a minute"},
	90099: {fault.Transient, "ENTRA_UNAVAILABLE", "the application was created a moment ago", "try again in a minute"},
}

// reply is the body of a refusal.
type reply struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	TraceID     string `json:"trace_id"`
}

// refusal is the error that an answer other than 200 means.
func refusal(signIn connection.SignIn, response *http.Response, body []byte, skew time.Duration) error {
	var r reply
	if json.Unmarshal(body, &r) != nil || r.Error == "" {
		return unexpected("sign in", response)
	}
	number := r.number()
	m, known := meanings[number]
	if !known {
		m = meaning{fault.Precondition, "SIGN_IN_REFUSED", r.text(), "look the number up at https://login.microsoftonline.com/error"}
		if response.StatusCode >= http.StatusInternalServerError || r.Error == "temporarily_unavailable" {
			m.kind, m.next = fault.Transient, "try again in a minute"
		}
	}
	fill := strings.NewReplacer("{app}", string(signIn.Application), "{tenant}", string(signIn.Tenant))
	cause := fill.Replace(m.cause)
	if m.reason == "CLOCK_SKEW" && skew.Abs() >= time.Second {
		cause += fmt.Sprintf("; our clock is off by %s", skew)
	}
	if number > 0 {
		cause += fmt.Sprintf(" (AADSTS%d", number)
		if r.TraceID != "" {
			cause += ", trace " + r.TraceID
		}
		cause += ")"
	}
	return fault.New(m.kind, "sign in", cause, fault.Reason(m.reason), fault.Next(fill.Replace(m.next)), fault.After(retryAfter(response)))
}

var numberInText = regexp.MustCompile(`AADSTS(\d+)`)

// number is the AADSTS number, from the list or, where a proxy has dropped that, from the text.
func (r reply) number() int {
	if len(r.Codes) > 0 {
		return r.Codes[0]
	}
	if found := numberInText.FindStringSubmatch(r.Description); found != nil {
		number, err := strconv.Atoi(found[1])
		if err == nil {
			return number
		}
	}
	return 0
}

// text is the description without the ids and times below its first line.
func (r reply) text() string {
	first, _, _ := strings.Cut(r.Description, "\r\n")
	if first == "" {
		return r.Error
	}
	return first
}

// unexpected is an answer that Entra and Graph do not give: a proxy's page, an overload, a wrong host.
func unexpected(op string, response *http.Response) error {
	host, wait := response.Request.URL.Host, fault.After(retryAfter(response))
	switch code := response.StatusCode; {
	case code == http.StatusTooManyRequests:
		return fault.New(fault.Throttled, op, host+" asks to slow down", fault.Reason("THROTTLED"), fault.Next("wait; it is tried again by itself"), wait)
	case code >= http.StatusInternalServerError:
		return fault.New(fault.Transient, op, fmt.Sprintf("%s answered %s", host, response.Status), fault.Reason("ENTRA_UNAVAILABLE"), fault.Next("try again in a minute"), wait)
	default:
		return fault.New(fault.Precondition, op, fmt.Sprintf("%s answered %s, which is not what Microsoft 365 answers", host, response.Status),
			fault.Reason("REPLY_UNREADABLE"), fault.Next("check the address, and that no proxy answers in its place"))
	}
}

// retryAfter is the wait that an answer asks for, in seconds, which may have a fraction.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.ParseFloat(response.Header.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}
