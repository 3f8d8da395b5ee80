package directorysync_test

import (
	"fmt"
	"testing"
	"time"

	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// BenchmarkOneChangeAmong100000 is what a directory costs that is large and quiet: one user changes,
// and one sync sees it. The import before is reported once.
func BenchmarkOneChangeAmong100000(b *testing.B) {
	const users = 100_000
	p := newPlace(b, users)
	began := time.Now()
	p.mapping(1, "standard", everybody())
	reply := p.sync(&directoryv1.SyncDirectoryRequest{})
	b.Logf("import of %d users in %v (this call made %d of them)", users, time.Since(began), reply.GetProvisioned())
	id, _ := p.anybody()
	before, changes := p.tenant.Ledger.Report().Routes["GET /users/delta"].Requests, 0
	for b.Loop() {
		changes++
		p.graph("PATCH", "/users/"+id, map[string]any{"displayName": fmt.Sprint("Name ", changes)})
		if reply := p.sync(&directoryv1.SyncDirectoryRequest{}); reply.GetUpdated() != 1 {
			b.Fatal(reply)
		}
	}
	made := p.tenant.Ledger.Report().Routes["GET /users/delta"].Requests - before
	b.ReportMetric(float64(made)/float64(changes), "requests/change")
}
