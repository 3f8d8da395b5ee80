package restoreworker_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

func (p *place) start(request *restorev1.StartRestoreRequest) *restorev1.Restore {
	p.Helper()
	reply, err := p.restores().StartRestore(p.context(), request)
	p.must(err)
	return reply.GetRestore()
}

func succeeded(p *place, r *restorev1.Restore) {
	p.Helper()
	if r.GetState() != restorev1.RestoreState_RESTORE_STATE_SUCCEEDED {
		p.Fatalf("restore %v", r)
	}
}

func TestADeletedMailboxIsGivenBack(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 2, Mails: 80, Seed: 5}, nil)
	resource := p.backUp(0)
	p.worker()
	user, address := p.tenant.Person(0)
	before := p.tenant.Content(user, m365.Mail)
	p.tenant.Disaster(user, m365.Mail)

	request := &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/latest", RequestId: "r1"}
	started := p.start(request)
	if again := p.start(request); again.GetName() != started.GetName() {
		t.Errorf("the same request started %s and %s", started.GetName(), again.GetName())
	}
	if started.GetDisplayName() != address || started.GetSnapshot() != resource+"/snapshots/1" {
		t.Errorf("started %v", started)
	}
	done := p.ended(started.GetName())
	succeeded(p, done)
	if report := done.GetReport(); report.GetCreated() != 80 || report.GetItems() != 80 || report.GetRequests() == 0 {
		t.Errorf("report %v", report)
	}
	if diff := cmp.Diff(before, p.tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}

	second := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	succeeded(p, second)
	if report := second.GetReport(); report.GetCreated() != 0 || report.GetSkipped() != 80 {
		t.Errorf("second report %v", report)
	}
	list, err := p.restores().ListRestores(p.context(), &restorev1.ListRestoresRequest{Parent: "connections/-"})
	p.must(err)
	if len(list.GetRestores()) != 2 || list.GetRestores()[0].GetName() != second.GetName() {
		t.Errorf("list %v", list)
	}
}

func TestRestoresOfOneTargetWaitForEachOther(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 2, Mails: 40, Seed: 5}, nil)
	resource := p.backUp(0)
	p.worker()
	_, other := p.tenant.Person(1)
	names := map[string]bool{}
	for i := range 3 {
		r := p.start(&restorev1.StartRestoreRequest{
			Snapshot: resource + "/snapshots/1", Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_Path{Path: "Inbox"}}},
			Target: &restorev1.Target{Kind: &restorev1.Target_Folder{Folder: fmt.Sprint("Back ", i)}},
		})
		names[r.GetName()] = true
	}
	elsewhere := p.start(&restorev1.StartRestoreRequest{
		Snapshot: resource + "/snapshots/1", Target: &restorev1.Target{Kind: &restorev1.Target_User{User: other}},
	})
	names[elsewhere.GetName()] = true
	if elsewhere.GetTargetResource() == resource {
		t.Errorf("to another user: %v", elsewhere)
	}
	for name := range names {
		succeeded(p, p.ended(name))
	}
}

func TestRefusals(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 5}, nil)
	resource := p.backUp(0)
	p.worker()
	for _, test := range []struct {
		name    string
		request *restorev1.StartRestoreRequest
		reason  string
	}{
		{"bad name", &restorev1.StartRestoreRequest{Snapshot: "x"}, "BAD_NAME"},
		{"unknown resource", &restorev1.StartRestoreRequest{Snapshot: "connections/c/resources/r/snapshots/1"}, "RESOURCE_NOT_FOUND"},
		{"unknown snapshot", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/9"}, "SNAPSHOT_NOT_FOUND"},
		{"unknown path", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1", Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_Path{Path: "Nowhere"}}}}, "PATH_NOT_FOUND"},
		{"unknown item", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1", Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_ItemId{ItemId: "x"}}}}, "ITEM_NOT_FOUND"},
		{"empty selection", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1", Selections: []*restorev1.Selection{{}}}, "EMPTY_SELECTION"},
		{"unknown user", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1", Target: &restorev1.Target{Kind: &restorev1.Target_User{User: "nobody@nowhere.example"}}}, "USER_NOT_FOUND"},
		{"no target folder", &restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1", Target: &restorev1.Target{Kind: &restorev1.Target_Folder{Folder: "/"}}}, "EMPTY_TARGET"},
	} {
		_, err := p.restores().StartRestore(p.context(), test.request)
		if fault.ReasonOf(err) != test.reason || fault.NextOf(err) == "" {
			t.Errorf("%s: %v (%s), next %q", test.name, err, fault.ReasonOf(err), fault.NextOf(err))
		}
	}
}

// gate lets posts pass until it is closed at a number of them, and says so.
type gate struct {
	posts, limit atomic.Int64
	reached      chan struct{}
	open         chan struct{}
}

func newGate(limit int64) *gate {
	g := &gate{reached: make(chan struct{}), open: make(chan struct{})}
	g.limit.Store(limit)
	return g
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") {
			if n := g.posts.Add(1); n == g.limit.Load() {
				close(g.reached)
			}
			if g.posts.Load() >= g.limit.Load() {
				select {
				case <-g.open:
				case <-r.Context().Done():
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

func TestAnotherProcessGoesOn(t *testing.T) {
	g := newGate(20)
	p := newPlace(t, sim.Config{Users: 1, Mails: 60, Seed: 6}, g.wrap)
	resource := p.backUp(0)
	stop := p.worker()
	user, _ := p.tenant.Person(0)
	before := p.tenant.Content(user, m365.Mail)
	p.tenant.Disaster(user, m365.Mail)
	started := p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"})
	<-g.reached
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	close(g.open) // the items in hand end
	<-stopped
	p.worker()
	done := p.ended(started.GetName())
	succeeded(p, done)
	if done.GetEpoch() < 2 || done.GetAttempts() < 2 || done.GetReport().GetCreated() != 60 {
		t.Errorf("restore %v", done)
	}
	if diff := cmp.Diff(before, p.tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}
}

func TestCancelled(t *testing.T) {
	g := newGate(10)
	p := newPlace(t, sim.Config{Users: 1, Mails: 60, Seed: 6}, g.wrap)
	resource := p.backUp(0)
	p.worker()
	user, _ := p.tenant.Person(0)
	p.tenant.Disaster(user, m365.Mail)
	running := p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"})
	<-g.reached
	waiting := p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"})
	for _, r := range []*restorev1.Restore{waiting, running} {
		_, err := p.restores().CancelRestore(p.context(), &restorev1.CancelRestoreRequest{Name: r.GetName()})
		p.must(err)
	}
	close(g.open)
	for _, r := range []*restorev1.Restore{waiting, running} {
		if ended := p.ended(r.GetName()); ended.GetState() != restorev1.RestoreState_RESTORE_STATE_CANCELLED {
			t.Errorf("cancelled: %v", ended)
		}
	}
	if left := g.posts.Load(); left >= 60 {
		t.Errorf("%d messages were created after all", left)
	}
	// What was restored stays, and a new restore goes on from there.
	again := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	succeeded(p, again)
	if report := again.GetReport(); report.GetSkipped() == 0 || report.GetSkipped()+report.GetCreated() != 60 {
		t.Errorf("report %v", report)
	}
}

// posting is the route that creates messages.
const posting = "/users/{user}/mailFolders/{folder}/messages"

func TestWithoutRightToWriteTheRestoreFailsAtOnce(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 6}, nil)
	resource := p.backUp(0)
	user, _ := p.tenant.Person(0)
	p.tenant.Disaster(user, m365.Mail)
	p.tenant.Fate("/sim/faults", map[string]any{"method": "POST", "route": posting, "times": -1, "action": "status", "status": 403, "code": "ErrorAccessDenied", "message": "Access is denied."})
	p.worker()
	done := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	problem := done.GetReport().GetProblem()
	if done.GetState() != restorev1.RestoreState_RESTORE_STATE_FAILED || problem.GetReason() != "GRAPH_DENIED" || problem.GetNext() == "" {
		t.Errorf("restore %v", done)
	}
}

func TestAMessageThatGraphRefusesIsInTheReport(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 6}, nil)
	resource := p.backUp(0)
	user, _ := p.tenant.Person(0)
	p.tenant.Disaster(user, m365.Mail)
	p.tenant.Fate("/sim/faults", map[string]any{"method": "POST", "route": posting, "nth": 3, "action": "status", "status": 400, "code": "ErrorInvalidRecipients", "message": "At least one recipient isn't valid."})
	p.worker()
	done := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	report := done.GetReport()
	if done.GetState() != restorev1.RestoreState_RESTORE_STATE_PARTIAL || report.GetCreated() != 9 || report.GetFailed() != 1 {
		t.Fatalf("restore %v", done)
	}
	if problem := report.GetFailures()[0].GetProblem(); problem.GetReason() != "GRAPH_INVALID" || problem.GetCause() == "" || problem.GetNext() == "" || problem.GetRequestId() == "" {
		t.Errorf("problem %v", problem)
	}
}

func TestBadWeatherMakesNoDuplicateAndLosesNothing(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 60, Seed: 6}, nil)
	resource := p.backUp(0)
	user, _ := p.tenant.Person(0)
	before := p.tenant.Content(user, m365.Mail)
	p.tenant.Disaster(user, m365.Mail)
	for _, rule := range []map[string]any{
		{"method": "POST", "route": posting, "nth": 5, "times": 3, "action": "reset"},     // was it made?
		{"method": "POST", "route": posting, "nth": 20, "times": 2, "action": "truncate"}, // it was
		{"method": "POST", "route": posting, "nth": 30, "times": 2, "action": "status", "status": 503, "empty": true},
		{"method": "POST", "route": posting, "nth": 40, "times": 2, "action": "storm", "retryAfter": 1},
		{"method": "POST", "route": posting, "nth": 50, "action": "expired"},
		{"method": "GET", "route": "/users/{user}/mailFolders", "action": "reset"},
	} {
		p.tenant.Fate("/sim/faults", rule)
	}
	p.worker()
	done := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	succeeded(p, done)
	if diff := cmp.Diff(before, p.tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}
}
