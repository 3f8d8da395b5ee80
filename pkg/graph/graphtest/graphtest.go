// Package graphtest gives tests a client whose Graph is the simulator: real HTTP, real tokens, and
// every fault that the simulator can be told to have.
package graphtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

// Tenant is a simulated tenant and a client of it.
type Tenant struct {
	*sim.Server
	Client *graph.Client
	Cloud  m365.Cloud
	t      testing.TB
}

// Start runs a tenant until the test ends. adjust may change the client's configuration; it may be nil.
func Start(t testing.TB, config sim.Config, adjust func(*graph.Config)) *Tenant {
	t.Helper()
	server, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	tenant := &Tenant{Server: server, Cloud: m365.Simulated(listener.URL), t: t}
	tenant.Client = tenant.NewClient(adjust)
	return tenant
}

// NewClient returns another client of the tenant: another process, as far as Graph can see.
func (t *Tenant) NewClient(adjust func(*graph.Config)) *graph.Client {
	config := graph.Config{Cloud: t.Cloud, Tenant: m365.TenantID(t.Tenant), Connection: "c1", Tokens: t}
	if adjust != nil {
		adjust(&config)
	}
	if config.Transport == nil {
		config.Transport = graph.NewTransport()
	}
	config.Transport = priced{config.Transport, strings.TrimPrefix(t.Cloud.Graph, "http://"), t.t}
	client := graph.New(config)
	t.t.Cleanup(client.Close)
	return client
}

// Token implements [graph.Tokens] with the tenant's secret.
func (t *Tenant) Token(ctx context.Context, _ string) (string, time.Time, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {t.ClientID}, "client_secret": {t.ClientSecret}, "scope": {t.Cloud.DefaultScope()},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Cloud.TokenURL(m365.TenantID(t.Tenant)), nil)
	if err != nil {
		return "", time.Time{}, err
	}
	response, err := http.PostForm(request.URL.String(), form)
	if err != nil {
		return "", time.Time{}, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Token     string `json:"access_token"`
		ExpiresIn int    `json:"expires_in"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", time.Time{}, fmt.Errorf("token endpoint answers %s", response.Status)
	}
	return answer.Token, time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), nil
}

// Fault adds a rule of misbehaviour.
func (t *Tenant) Fault(rule faults.Rule) {
	t.t.Helper()
	if _, err := t.Faults.Add(rule); err != nil {
		t.t.Fatal(err)
	}
}

// User is the object id of the n-th user, from 0.
func (t *Tenant) User(n int) m365.UserID {
	t.t.Helper()
	people := t.Directory.People()
	if n >= len(people) {
		t.t.Fatalf("the tenant has %d users", len(people))
	}
	return m365.UserID(people[n].ID)
}
