package walk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// object is a JSON object of a request or an answer.
type object map[string]any

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

// first is the first element of the collection that an answer is.
func (o object) first() object {
	list, _ := o["value"].([]any)
	if len(list) == 0 {
		return object{}
	}
	element, _ := list[0].(map[string]any)
	return element
}

// client sends requests until one fails; from then on it sends none, and keeps the error.
type client struct {
	http  *http.Client
	base  string
	token string
	err   error

	colleague string // principal name of somebody who is there
}

func newClient(base string) *client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{http: &http.Client{CheckRedirect: stay}, base: strings.TrimSuffix(base, "/")}
}

// login gets a token for the application that the tenant has.
func (c *client) login(ctx context.Context) {
	tenant := c.plain(ctx, http.MethodGet, "/sim/tenant", "", nil)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {tenant.text("clientId")}, "client_secret": {tenant.text("clientSecret")},
		"scope": {"https://graph.microsoft.com/.default"}}
	answer := c.plain(ctx, http.MethodPost, "/"+tenant.text("tenant")+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if c.token = answer.text("access_token"); c.token == "" && c.err == nil {
		c.err = errors.New("login gave no token")
	}
}

func (c *client) get(ctx context.Context, path string, headers ...string) object {
	return c.graph(ctx, http.MethodGet, path, nil, headers...)
}

func (c *client) post(ctx context.Context, path string, body any) object {
	return c.graph(ctx, http.MethodPost, path, body)
}

func (c *client) patch(ctx context.Context, path string, body any) {
	c.graph(ctx, http.MethodPatch, path, body)
}

func (c *client) delete(ctx context.Context, path string) {
	c.graph(ctx, http.MethodDelete, path, nil)
}

// graph calls Graph with a JSON body, or with bytes as they are. Header values come in pairs.
func (c *client) graph(ctx context.Context, method, path string, body any, headers ...string) object {
	headers = append(headers, "Authorization", "Bearer "+c.token, "Prefer", `IdType="ImmutableId"`)
	switch content := body.(type) {
	case nil:
		return c.send(ctx, method, c.base+"/v1.0"+path, nil, headers...)
	case []byte:
		return c.send(ctx, method, c.base+"/v1.0"+path, content, append(headers, "Content-Type", "text/plain")...)
	default:
		raw, err := json.Marshal(body)
		if c.err == nil {
			c.err = err
		}
		return c.send(ctx, method, c.base+"/v1.0"+path, raw, append(headers, "Content-Type", "application/json")...)
	}
}

// plain calls what is not Graph: login and control.
func (c *client) plain(ctx context.Context, method, path, contentType string, body []byte) object {
	return c.send(ctx, method, c.base+path, body, "Content-Type", contentType)
}

// list reads a JSON array.
func (c *client) list(ctx context.Context, path string, list *[]string) {
	if c.err != nil {
		return
	}
	content, err := c.exchange(ctx, http.MethodGet, c.base+path, nil, nil)
	if err == nil {
		err = json.Unmarshal(content, list)
	}
	c.err = err
}

// upload sends all content as one fragment to an upload session. Its address takes no token.
func (c *client) upload(ctx context.Context, session object, content []byte) {
	c.send(ctx, http.MethodPut, session.text("uploadUrl"), content, "Content-Type", "application/octet-stream",
		"Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(content)-1, len(content)))
}

// send answers with the object in the body, or an empty one if there is none.
func (c *client) send(ctx context.Context, method, address string, body []byte, headers ...string) object {
	if c.err != nil {
		return object{}
	}
	content, err := c.exchange(ctx, method, address, body, headers)
	if err != nil {
		c.err = fmt.Errorf("%s %s: %w", method, address, err)
	}
	answer := object{}
	_ = json.Unmarshal(content, &answer) // content of files is no JSON
	return answer
}

func (c *client) exchange(ctx context.Context, method, address string, body []byte, headers []string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	reply, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reply.Body)
	if err := errors.Join(err, reply.Body.Close()); err != nil {
		return nil, err
	}
	if reply.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s: %s", reply.Status, content)
	}
	return content, nil
}
