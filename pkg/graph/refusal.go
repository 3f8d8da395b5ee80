package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
)

// Refusal is what Graph said when it refused a call. It is the cause of every fault that an answer
// of 400 and above becomes.
type Refusal struct {
	Status    int
	Code      string // the most specific code that is known, as Graph spells it; may be empty
	Message   string
	RequestID string // what Microsoft's support asks for
	Location  string // where to start over, of a 410
	Empty     bool   // the body was empty
	Details   []Detail
	codes     []string // outermost first
	after     time.Duration
}

// Detail is one entry of an error's details, such as {ObjectConflict, userPrincipalName}.
type Detail struct{ Code, Message, Target string }

func (r *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Graph answers %d", r.Status)
	if r.Code != "" {
		b.WriteString(" " + r.Code)
	}
	if r.Message != "" {
		b.WriteString(": " + strings.TrimSuffix(r.Message, "."))
	}
	if r.RequestID != "" {
		b.WriteString(" (request " + r.RequestID + ")")
	}
	return b.String()
}

// refused turns answers of 400 and above into errors, for raw requests and the SDK's alike.
type refused struct{ next http.RoundTripper }

func (t refused) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil || response.StatusCode < http.StatusBadRequest {
		return response, err
	}
	return nil, readRefusal(response).fault()
}

// maxRefusal is up to how many bytes of an error are read.
const maxRefusal = 256 << 10

// readRefusal takes an answer of 400 and above, and closes it.
func readRefusal(response *http.Response) *Refusal {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // half an error body is better than none
	drain(response.Body)
	return decodeRefusal(response.StatusCode, response.Header, body)
}

// Refuse makes the fault of a refused call from its answer: a response of its own, or an item of a batch.
func Refuse(status int, header http.Header, body []byte) error {
	return decodeRefusal(status, header, body).fault()
}

func decodeRefusal(status int, header http.Header, body []byte) *Refusal {
	r := &Refusal{
		Status:    status,
		RequestID: header.Get("request-id"),
		Location:  header.Get("Location"),
		Empty:     len(strings.TrimSpace(string(body))) == 0,
	}
	r.after, _ = retryAfter(header, time.Now())
	if strings.EqualFold(header.Get("X-Virus-Infected"), "true") {
		r.codes = append(r.codes, "virusSuspicious")
	}
	var envelope struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(rawjson.Repair(body), &envelope) == nil {
		r.read(envelope.Error)
	}
	r.Code = mostSpecific(r.codes)
	return r
}

// read collects codes from the error and its inner errors, which nest and are spelled in two ways.
func (r *Refusal) read(raw json.RawMessage) {
	var e struct {
		Code       any             `json:"code"`
		Message    string          `json:"message"`
		InnerError json.RawMessage `json:"innerError"` // matches innererror too
		RequestID  string          `json:"request-id"`
		Details    []Detail        `json:"details"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &e) != nil {
		return
	}
	if code := fmt.Sprint(e.Code); e.Code != nil && code != "" {
		r.codes = append(r.codes, code)
	}
	if r.Message == "" {
		r.Message = e.Message
	}
	if r.RequestID == "" {
		r.RequestID = e.RequestID
	}
	if r.Details == nil {
		r.Details = e.Details
	}
	r.read(e.InnerError)
}

func (r *Refusal) fault() error {
	row := r.meaning()
	options := []fault.Option{fault.Reason(row.reason), fault.Next(row.next)}
	if r.after > 0 {
		options = append(options, fault.After(r.after))
	}
	return fault.As(row.kind, "", r, options...)
}
