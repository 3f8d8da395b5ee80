package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/audit"
)

func TestNewestFirstByPages(t *testing.T) {
	server, js := natstest.Bootstrapped(t, bus.Config{})
	trail := audit.NewTrail(js)
	if records, next, err := trail.Newest(t.Context(), 10, 0); len(records) != 0 || next != 0 || err != nil {
		t.Errorf("an empty trail: %v, %d, %v", records, next, err)
	}
	var want []identity.Record
	for i := range 5 {
		record := identity.Record{
			Time: time.Unix(int64(i), 0).UTC(), Actor: "person:admin", Method: fmt.Sprintf("tenantkeep.auth.v1.S/M%d", i),
			Target: "connections/a", Peer: "127.0.0.1:1", Outcome: "OK", TraceID: "t",
		}
		if err := trail.Append(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		want = append([]identity.Record{record}, want...)
	}
	var got []identity.Record
	for before, pages := uint64(0), 0; ; pages++ {
		page, next, err := trail.Newest(t.Context(), 2, before)
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		got = append(got, page...)
		if before = next; before == 0 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	stream, err := js.Stream(t.Context(), bus.StreamAudit)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err == nil {
		t.Error("the trail can be purged")
	}
	if err := stream.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("a record can be deleted")
	}
	server.Stop()
	if err := trail.Append(t.Context(), identity.Record{Method: "odd"}); !fault.Is(err, fault.Transient) {
		t.Errorf("without a server: %v", err)
	}
}
