package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Limits of a batch.
const (
	largestBatch    = 20
	outlookParallel = 4 // members that reach one mailbox at a time
)

// member is one request of a batch.
type member struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`

	done   chan struct{}
	answer recorder
}

// batch answers POST /$batch.
func (g *Gateway) batch(c *wire.Call) error {
	var envelope struct {
		Requests []*member `json:"requests"`
	}
	if err := c.Decode(&envelope); err != nil {
		return err
	}
	byID, err := index(envelope.Requests)
	if err != nil {
		return err
	}
	g.run(c, envelope.Requests, byID)
	b := []byte(`{"responses":[`)
	for i, m := range envelope.Requests {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.append(b)
	}
	return c.JSON(http.StatusOK, append(b, ']', '}'))
}

// index checks the envelope. Members may only depend on earlier ones, which keeps out circles.
func index(members []*member) (map[string]*member, error) {
	if len(members) == 0 || len(members) > largestBatch {
		return nil, wire.BadRequest("BadRequest", "Invalid batch payload format: between 1 and 20 requests are expected.")
	}
	byID := map[string]*member{}
	for _, m := range members {
		key := strings.ToLower(m.ID)
		if m.ID == "" || byID[key] != nil || m.Method == "" || !strings.HasPrefix(m.URL, "/") {
			return nil, wire.BadRequest("BadRequest", "Invalid batch payload format: a request lacks a unique id, a method or a relative url.")
		}
		for _, other := range m.DependsOn {
			if byID[strings.ToLower(other)] == nil {
				return nil, wire.BadRequest("BadRequest", "Invalid batch payload format: request '"+m.ID+"' depends on a request that does not precede it.")
			}
		}
		m.done = make(chan struct{})
		byID[key] = m
	}
	return byID, nil
}

// run answers all members: those for one mailbox four at a time, the others at once.
func (g *Gateway) run(c *wire.Call, members []*member, byID map[string]*member) {
	turns := map[string]chan struct{}{}
	var running sync.WaitGroup
	for _, m := range members {
		box := g.mailbox(m)
		if turns[box] == nil {
			turns[box] = make(chan struct{}, outlookParallel)
		}
		turn := turns[box]
		running.Go(func() {
			defer close(m.done)
			if !m.ready(byID) {
				m.refuse()
				return
			}
			if box != "" {
				turn <- struct{}{}
				defer func() { <-turn }()
			}
			g.member(c, m)
		})
	}
	running.Wait()
}

// mailbox is whose mailbox a member addresses, if any.
func (g *Gateway) mailbox(m *member) string {
	path, _, _ := strings.Cut(m.URL, "?")
	segments, _ := wire.Split(path)
	route, params, _ := g.Router.Match(m.Method, segments)
	if route == nil || route.Service != wire.Outlook {
		return ""
	}
	return strings.ToLower(params["user"])
}

// ready waits for the members that m depends on; it is false if one of them failed.
func (m *member) ready(byID map[string]*member) bool {
	for _, id := range m.DependsOn {
		other := byID[strings.ToLower(id)]
		<-other.done
		if other.answer.status >= 400 {
			return false
		}
	}
	return true
}

func (m *member) refuse() {
	m.answer.Header().Set("Content-Type", "application/json")
	m.answer.WriteHeader(http.StatusFailedDependency)
	_, _ = m.answer.Write([]byte(`{"error":{"code":"FailedDependency","message":"The request depends on one that failed."}}`))
}

// member answers one request as if it had come alone. A fault that would cut its connection
// becomes status 504, since a batch cannot say it otherwise.
func (g *Gateway) member(c *wire.Call, m *member) {
	defer func() {
		cut := recover()
		if cut == nil {
			return
		}
		if err, ok := cut.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			panic(cut)
		}
		m.answer = recorder{status: http.StatusGatewayTimeout}
	}()
	target, err := url.Parse("/" + c.Version() + m.URL)
	if err != nil {
		m.answer.WriteHeader(http.StatusBadRequest)
		return
	}
	r := c.Request.Clone(c.Request.Context())
	r.Method, r.URL, r.RequestURI = m.Method, target, target.RequestURI()
	r.Header = http.Header{"Authorization": c.Request.Header["Authorization"], "User-Agent": c.Request.Header["User-Agent"]}
	for name, value := range m.Headers {
		r.Header.Set(name, value)
	}
	body := m.content()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	g.serve(&m.answer, r, true)
}

// content is the body: JSON inline, anything else as base64 in a string.
func (m *member) content() []byte {
	var text string
	if json.Unmarshal(m.Body, &text) != nil {
		return m.Body
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && !strings.HasPrefix(m.Headers["Content-Type"], "text/") {
		return raw
	}
	return []byte(text)
}

// append writes the response of a member.
func (m *member) append(b []byte) []byte {
	b = wire.AppendString(append(b, `{"id":`...), m.ID)
	b = append(append(b, `,"status":`...), wire.AppendValue(nil, max(m.answer.status, http.StatusOK))...)
	headers := map[string]any{}
	for _, name := range []string{"Content-Type", "Location", "Retry-After", "ETag"} {
		if value := m.answer.Header().Get(name); value != "" {
			headers[name] = value
		}
	}
	b = wire.AppendValue(append(b, `,"headers":`...), headers)
	body := m.answer.body.Bytes()
	switch {
	case len(body) == 0:
	case strings.HasPrefix(m.answer.Header().Get("Content-Type"), "application/json"):
		b = append(append(b, `,"body":`...), body...)
	default:
		b = wire.AppendString(append(b, `,"body":`...), base64.StdEncoding.EncodeToString(body))
	}
	return append(b, '}')
}
