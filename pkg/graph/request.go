package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Request is one raw call.
type Request struct {
	Name   string // for spans and errors, without ids: "list messages"
	Method string // default GET
	Path   string // below /v1.0, ids escaped by [Path]; or a whole address that Graph handed out
	Query  string // as it goes over the wire, without the question mark; see [Query]
	Header http.Header
	Body   []byte // JSON unless Header says otherwise

	Anonymous  bool // a pre-authenticated address: no token is sent
	Repeatable bool // a POST that does no harm when it is sent twice
	Stay       bool // a redirect is the answer; it is not followed
	Price      *ratelimit.Price
}

// Path joins segments, escaping what ids may contain.
func Path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// Query writes query options in the order given, names as they are ($select) and values escaped.
func Query(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i])
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return b.String()
}

// Do makes the call. The response is a success (or, with Stay, a redirect), and its body is the
// caller's to close; everything else is a fault.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	return c.do(ctx, r, call{})
}

func (c *Client) do(ctx context.Context, r Request, with call) (*http.Response, error) {
	with.name, with.anonymous, with.stay, with.repeat, with.price = r.Name, r.Anonymous, r.Stay, r.Repeatable, r.Price
	request, err := c.build(withCall(ctx, with), r)
	if err != nil {
		return nil, fault.As(fault.Invalid, r.Name, err)
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, fault.Wrap(r.Name, err)
	}
	return response, nil
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	address := r.Path
	if strings.HasPrefix(address, "/") {
		address = c.Base() + address
	}
	if r.Query != "" {
		address += "?" + r.Query
	}
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, fmt.Errorf("build request: %w", withoutAddress(err))
	}
	maps.Copy(request.Header, r.Header)
	if r.Body != nil && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// JSON makes the call and decodes the answer into out, which may be nil.
func (c *Client) JSON(ctx context.Context, r Request, out any) error {
	raw, err := c.Bytes(ctx, r)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fault.As(fault.Transient, r.Name, fmt.Errorf("the answer is not the JSON expected: %w", err), fault.Reason("GRAPH_BAD_ANSWER"))
	}
	return nil
}

// Bytes makes the call and returns the whole body.
func (c *Client) Bytes(ctx context.Context, r Request) ([]byte, error) {
	response, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fault.Wrap(r.Name, broken(ctx, err))
	}
	return raw, nil
}
