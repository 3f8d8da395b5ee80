package backupworker_test

import (
	"testing"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// mailOnly makes a profile that protects mail alone and nothing on a schedule.
func (r *running) mailOnly() string {
	r.place.t.Helper()
	reply, err := r.profiles().CreateProfile(r.place.context(), &backupv1.CreateProfileRequest{
		ProfileId: "mail", Profile: &backupv1.Profile{DisplayName: "Mail", Workloads: []typev1.Workload{typev1.Workload_WORKLOAD_MAIL}},
	})
	r.place.must(err)
	return reply.GetProfile().GetName()
}

// newestJob waits for the first job of a resource and then for its end.
func (r *running) firstBackup(resource string) *backupv1.Job {
	r.place.t.Helper()
	name := ""
	r.place.eventually("first backup of "+resource, func() bool {
		reply, err := r.jobs().ListJobs(r.place.context(), &backupv1.ListJobsRequest{Parent: "connections/" + string(r.place.connection)})
		r.place.must(err)
		for _, job := range reply.GetJobs() {
			if job.GetResource() == r.place.resource(resource) {
				name = job.GetName()
			}
		}
		return name != ""
	})
	return r.wait(name)
}

func TestFirstBackupComesByItself(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 2, Mails: 200, Seed: 7})
	worker := p.start("api,work")
	users := p.provision(worker.mailOnly())
	for _, user := range users {
		job := worker.firstBackup("mail-" + user)
		if job.GetState() != backupv1.JobState_JOB_STATE_SUCCEEDED {
			t.Fatalf("%v", job)
		}
		result := job.GetBackup()
		if result.GetAdded() < 200 || !result.GetFull() || result.GetFailed() != 0 || result.GetSnapshot() == "" {
			t.Errorf("%v", result)
		}
		t.Log(result)
	}
	before := p.sim.Ledger.Report()
	job := worker.backup("mail-" + users[0])
	after := p.sim.Ledger.Report()
	t.Log(job.GetBackup(), after.Total.Requests-before.Total.Requests)
}
