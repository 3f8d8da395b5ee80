package sim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// client talks to a simulated tenant over real HTTP.
type client struct {
	t      *testing.T
	tenant *sim.Server
	base   string
	token  string
}

func start(t *testing.T, config sim.Config) *client {
	t.Helper()
	tenant, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	c := &client{t: t, tenant: tenant, base: server.URL}
	c.token = c.login(url.Values{"client_secret": {tenant.ClientSecret}})["access_token"].(string)
	return c
}

func (c *client) login(extra url.Values) map[string]any {
	c.t.Helper()
	_, answer := c.tryLogin(extra)
	if answer["access_token"] == nil {
		c.t.Fatalf("no token: %v", answer)
	}
	return answer
}

func (c *client) tryLogin(extra url.Values) (int, map[string]any) {
	c.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.tenant.ClientID}, "scope": {c.base + "/.default"}}
	tenant := c.tenant.Tenant
	for name, values := range extra {
		if name == "tenant" {
			tenant = values[0]
			continue
		}
		form[name] = values
	}
	response, err := http.PostForm(c.base+"/"+tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, answer
}

// answer is a response with its body read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request; header values come in pairs. A body that is no []byte is sent as JSON.
func (c *client) do(method, path string, body any, headers ...string) answer {
	c.t.Helper()
	got, err := c.try(method, path, body, headers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

func (c *client) try(method, path string, body any, headers ...string) (answer, error) {
	c.t.Helper()
	request, err := http.NewRequest(method, c.address(path), bytes.NewReader(encode(c.t, body)))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] != "Prefer" { // which may come several times
			request.Header.Del(headers[i])
		}
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{c.t, response.StatusCode, response.Header, content}, err
}

func (c *client) address(path string) string {
	switch {
	case strings.HasPrefix(path, "http"):
		return path
	case strings.HasPrefix(path, "/sim/"):
		return c.base + path
	}
	return c.base + "/v1.0" + path
}

func encode(t *testing.T, body any) []byte {
	t.Helper()
	switch content := body.(type) {
	case nil:
		return nil
	case []byte:
		return content
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// want fails the test on another status and returns the JSON object of the body.
func (a answer) want(status int) object {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d instead of %d: %.600s", a.status, status, a.body)
	}
	var value object
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &value); err != nil {
			a.t.Fatalf("%v: %.300s", err, a.body)
		}
	}
	return value
}

// code is the code of an error answer.
func (a answer) code() string {
	var body struct {
		Error struct{ Code string }
	}
	_ = json.Unmarshal(a.body, &body) // no JSON: no code
	return body.Error.Code
}

type object map[string]any

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

func (o object) items() []object { return o.list("value") }

func (o object) list(name string) []object {
	if ready, ok := o[name].([]object); ok {
		return ready
	}
	raw, _ := o[name].([]any)
	list := make([]object, len(raw))
	for i, item := range raw {
		list[i] = item.(map[string]any)
	}
	return list
}

// all follows next links and returns the items of all pages and the delta link.
func (c *client) all(path string, headers ...string) ([]object, string) {
	c.t.Helper()
	var items []object
	for {
		page := c.do("GET", path, nil, headers...).want(200)
		items = append(items, page.items()...)
		if path = page.text("@odata.nextLink"); path == "" {
			return items, page.text("@odata.deltaLink")
		}
	}
}

func (c *client) user(i int) object {
	c.t.Helper()
	users, _ := c.all("/users?$select=id,userPrincipalName,displayName")
	return users[i]
}

func (c *client) fault(rule object) {
	c.t.Helper()
	c.do("POST", "/sim/faults", rule).want(200)
}

// discard is a response that nobody reads, so that only the simulator is measured.
type discard struct {
	header http.Header
	status int
	size   int64
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }
func (d *discard) Write(b []byte) (int, error) {
	d.size += int64(len(b))
	return len(b), nil
}

type bench struct {
	tenant *sim.Server
	token  string
}

func startBench(b *testing.B, config sim.Config) *bench {
	b.Helper()
	tenant, err := sim.New(config)
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret}, "scope": {"http://x/.default"}}
	request := httptest.NewRequest("POST", "/"+tenant.Tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	recorder := httptest.NewRecorder()
	tenant.ServeHTTP(recorder, request)
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		b.Fatal(err)
	}
	return &bench{tenant, answer.Token}
}

func (b *bench) serve(path, encoding, prefer string) (int, int64) {
	request := httptest.NewRequest("GET", "/v1.0"+path, nil)
	request.Header.Set("Authorization", "Bearer "+b.token)
	request.Header.Set("Accept-Encoding", encoding)
	request.Header.Set("Prefer", prefer)
	answer := &discard{header: http.Header{}}
	b.tenant.ServeHTTP(answer, request)
	return answer.status, answer.size
}

func jsonBytes(text string, to *[]byte) error { return json.Unmarshal([]byte(`"`+text+`"`), to) }

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	if _, err := packer.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
