package tenant

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"testing"
)

// Client trusts the simulator's authority and nobody else.
func (n *Tenant) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: n.Authority, MinVersion: tls.VersionTLS12}}}
}

// Get reads a path of the control API.
func (n *Tenant) Get(t testing.TB, path string, into any) {
	t.Helper()
	response, err := n.Client().Get(n.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

// Sum is what a user has in one workload, as the simulator sees it.
type Sum struct {
	User     string `json:"user"` // object id
	Address  string `json:"address"`
	Workload string `json:"workload"`
	Lines    []Line `json:"lines"`
}

// Line is one item: its path, folder, message or file, and what is in it.
type Line struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// Count is how many items of a kind there are.
func (s Sum) Count(kind string) (n int) {
	for _, line := range s.Lines {
		if line.Kind == kind {
			n++
		}
	}
	return n
}

// Sums are those of one workload for all users, in the order of the directory.
func (n *Tenant) Sums(t testing.TB, workload string) []Sum {
	t.Helper()
	var answer struct {
		Sums []Sum `json:"sums"`
	}
	n.Get(t, "/sim/checksum?workload="+workload, &answer)
	return answer.Sums
}

// Ledger is what the simulator counted.
type Ledger struct {
	Total  Count            `json:"total"`
	Routes map[string]Count `json:"routes"`
}

// Count is requests, and answers by status code.
type Count struct {
	Requests int            `json:"requests"`
	Status   map[string]int `json:"status"`
}

// Ledger is what the clients asked for so far.
func (n *Tenant) Ledger(t testing.TB) (l Ledger) {
	t.Helper()
	n.Get(t, "/sim/ledger", &l)
	return l
}
