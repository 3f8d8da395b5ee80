package backupworker_test

import (
	"strings"
	"testing"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

const (
	routeDelta       = "/users/{user}/mailFolders/{folder}/messages/delta"
	routeAttachments = "/users/{user}/messages/{message}/attachments"
)

// TestBadWeather lets things go wrong that pass: the backup is whole in the end.
func TestBadWeather(t *testing.T) {
	for name, rule := range map[string]map[string]any{
		"a storm of 429":            {"method": "GET", "route": routeDelta, "nth": 2, "times": 6, "action": "storm", "retryAfter": 1},
		"503 with an empty body":    {"method": "GET", "route": routeDelta, "times": 3, "action": "status", "status": 503, "empty": true},
		"a page cut off":            {"method": "GET", "route": routeDelta, "nth": 2, "times": 3, "action": "truncate"},
		"a connection reset":        {"method": "GET", "route": routeDelta, "nth": 3, "times": 2, "action": "reset"},
		"the same page twice":       {"method": "GET", "route": routeDelta, "nth": 1, "times": 3, "action": "duplicate"},
		"attachments not available": {"method": "GET", "route": routeAttachments, "nth": 2, "times": 4, "action": "status", "status": 504},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sim.Config{Users: 1, Mails: 150, Seed: 5})
			worker := p.start("api,work")
			p.control("/sim/faults", rule, nil)
			user := p.provision(worker.mailOnly())[0]
			succeeded(t, worker.firstBackup("mail-"+user))
			p.sameAsLive(user)
		})
	}
}

// TestOddities lets Graph behave in the ways it is known to, against its documentation.
func TestOddities(t *testing.T) {
	for _, quirk := range []string{
		"full-mailbox", "twice-after-move", "large-page", "many-attachments", "control-characters", "sparse-read-state", "replay",
	} {
		t.Run(quirk, func(t *testing.T) {
			p := newPlace(t, sim.Config{Users: 1, Mails: 150, Seed: 5})
			worker := p.start("api,work")
			p.control("/sim/faults", map[string]any{"quirk": quirk}, nil)
			user := p.provision(worker.mailOnly())[0]
			succeeded(t, worker.firstBackup("mail-"+user))
			p.aDay(user, 0.1)
			succeeded(t, worker.backup("mail-"+user))
			p.sameAsLive(user)
		})
	}
}

func TestWhatCannotBeReadCostsOnlyItself(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 150, Seed: 5})
	worker := p.start("api,work")
	p.control("/sim/faults", map[string]any{
		"method": "GET", "route": routeAttachments, "times": -1, "action": "status", "status": 400, "code": "ErrorCannotOpenFileAttachment", "message": "OLE conversion failed for the attachment.",
	}, nil)
	user := p.provision(worker.mailOnly())[0]
	job := worker.firstBackup("mail-" + user)
	result := job.GetBackup()
	if job.GetState() != backupv1.JobState_JOB_STATE_PARTIAL || result.GetFailed() == 0 || result.GetAdded() < 150 {
		t.Fatalf("%v", job)
	}
	p.clearFaults()
	if again := succeeded(t, worker.backup("mail-"+user)); again.GetFailed() != 0 {
		t.Errorf("%v", again)
	}
	p.sameAsLive(user)
}

func TestUsersWithoutMailboxFailByThemselves(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 50, Mails: 2, Seed: 5})
	worker := p.start("api,work")
	failed := 0
	for _, user := range p.provision(worker.mailOnly()) {
		job := worker.firstBackup("mail-" + user)
		if job.GetState() == backupv1.JobState_JOB_STATE_SUCCEEDED {
			continue
		}
		failed++
		problem := job.GetProblem()
		if job.GetFailures() != 0 || problem.GetReason() != "GRAPH_NO_MAILBOX" || !strings.Contains(problem.GetNext(), "licence") || problem.GetRequestId() == "" {
			t.Errorf("%v", job)
		}
	}
	if failed == 0 || failed > 2 {
		t.Errorf("%d failed", failed)
	}
}

func TestMissingPermission(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 2, Seed: 5})
	worker := p.start("api,work")
	p.control("/sim/faults", map[string]any{"method": "GET", "route": "/users/{user}/mailFolders", "times": -1, "action": "status", "status": 403, "code": "ErrorAccessDenied"}, nil)
	user := p.provision(worker.mailOnly())[0]
	job := worker.firstBackup("mail-" + user)
	if job.GetState() != backupv1.JobState_JOB_STATE_FAILED || job.GetProblem().GetReason() != "GRAPH_DENIED" || job.GetProblem().GetNext() == "" {
		t.Errorf("%v", job)
	}
	p.eventually("the resource says so", func() bool {
		reply, err := worker.resources().GetResource(p.context(), &backupv1.GetResourceRequest{Name: p.resource("mail-" + user)})
		p.must(err)
		return reply.GetResource().GetLastBackup().GetOutcome() == backupv1.BackupOutcome_BACKUP_OUTCOME_FAILED && reply.GetResource().GetLastSuccess() == nil
	})
}

func (p *place) clearFaults() {
	for _, rule := range p.sim.Faults.Rules() {
		p.sim.Faults.Remove(rule.ID)
	}
}
