package tenant

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"slices"
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

// count is requests, and answers by status code.
type count struct {
	Requests int            `json:"requests"`
	Status   map[string]int `json:"status"`
}

// NoneRefused fails the test if the simulator answered a call with an error other than the
// expected ones: clients hide many by another attempt or another way. It logs what there was.
func (n *Tenant) NoneRefused(t testing.TB, expected ...string) {
	t.Helper()
	var ledger struct {
		Total  count            `json:"total"`
		Routes map[string]count `json:"routes"`
	}
	n.Get(t, "/sim/ledger", &ledger)
	for route, count := range ledger.Routes {
		for status, times := range count.Status {
			if (status >= "400" || status == "0") && !slices.Contains(expected, status) {
				t.Errorf("%s was answered with %s, %d times", route, status, times)
			}
		}
	}
	t.Logf("%d calls, answered %v", ledger.Total.Requests, ledger.Total.Status)
}
