// Package simtest gives the tests of restore-worker a simulated tenant, calls to it, and what
// fate does to its content.
package simtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/control"
)

// Tenant is a simulated tenant that listens.
type Tenant struct {
	*sim.Server
	URL string

	tb        testing.TB
	client    *graph.Client
	transport *http.Transport
	open      sync.Map // connections that the server has
}

// Start starts a tenant for the length of a test. wrap, if not nil, stands before it.
func Start(tb testing.TB, config sim.Config, wrap func(http.Handler) http.Handler) *Tenant {
	tb.Helper()
	tenant, err := sim.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	var handler http.Handler = tenant
	if wrap != nil {
		handler = wrap(handler)
	}
	t := &Tenant{Server: tenant, tb: tb, transport: graph.NewTransport()}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(c net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			t.open.Delete(c)
		} else {
			t.open.Store(c, s)
		}
	}
	server.Start()
	tb.Cleanup(server.Close)
	t.URL = server.URL
	t.client = graph.New(graph.Config{Cloud: m365.Simulated(t.URL), Tenant: m365.TenantID(tenant.Tenant), Connection: "c", Tokens: t, Transport: t.transport})
	tb.Cleanup(t.client.Close)
	return t
}

// Client calls the tenant's Graph.
func (t *Tenant) Client() *graph.Client { return t.client }

// Settle waits until everything that was asked for has been done, also what nobody waits for any
// more: a killed process may have written a request that the server has yet to read.
func (t *Tenant) Settle(ctx context.Context) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		t.transport.CloseIdleConnections()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		busy := false
		t.open.Range(func(any, any) bool { busy = true; return false })
		if !busy {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Token implements graph.Tokens.
func (t *Tenant) Token(ctx context.Context, _ string) (string, time.Time, error) {
	cloud := m365.Simulated(t.URL)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {t.ClientID}, "client_secret": {t.ClientSecret}, "scope": {cloud.DefaultScope()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, cloud.TokenURL(m365.TenantID(t.Tenant)), strings.NewReader(form.Encode()))
	if err != nil {
		return "", time.Time{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := do(request, &answer); err != nil {
		return "", time.Time{}, err
	}
	return answer.AccessToken, time.Now().Add(time.Hour), nil
}

// Person is one of the tenant's users.
func (t *Tenant) Person(n int) (id m365.UserID, address string) {
	person := t.Directory.People()[n]
	return m365.UserID(person.ID), person.Address
}

// Fate calls the control API.
func (t *Tenant) Fate(path string, body any) {
	t.tb.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.tb.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, t.URL+path, bytes.NewReader(text))
	if err != nil {
		t.tb.Fatal(err)
	}
	if err := do(request, nil); err != nil {
		t.tb.Fatal(err)
	}
}

// Disaster deletes everything a user has in a workload.
func (t *Tenant) Disaster(user m365.UserID, workload m365.Workload) {
	t.tb.Helper()
	t.Fate("/sim/change", map[string]any{"user": user, "workload": workload, "disaster": "delete"})
}

// Content describes what a user has in a workload, by what counts.
func (t *Tenant) Content(user m365.UserID, workload m365.Workload) []control.Line {
	t.tb.Helper()
	request, err := http.NewRequest(http.MethodGet, t.URL+"/sim/checksum?"+url.Values{"user": {string(user)}, "workload": {string(workload)}}.Encode(), nil)
	if err != nil {
		t.tb.Fatal(err)
	}
	var answer struct {
		Sums []control.Sum `json:"sums"`
	}
	if err := do(request, &answer); err != nil {
		t.tb.Fatal(err)
	}
	if len(answer.Sums) != 1 {
		t.tb.Fatalf("%d checksums of %s", len(answer.Sums), workload)
	}
	return answer.Sums[0].Lines
}

func do(request *http.Request, answer any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %d: %s", request.URL.Path, response.StatusCode, body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}
