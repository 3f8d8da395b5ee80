package backupworker_test

import (
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
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

// jobOf waits until there is a job of a resource.
func (r *running) jobOf(resource string) (name string) {
	r.place.t.Helper()
	r.place.eventually("a job of "+resource, func() bool {
		reply, err := r.jobs().ListJobs(r.place.context(), &backupv1.ListJobsRequest{Parent: "connections/-"})
		r.place.must(err)
		for _, job := range reply.GetJobs() {
			if job.GetResource() == r.place.resource(resource) {
				name = job.GetName()
				return true
			}
		}
		return false
	})
	return name
}

// firstBackup waits for the first backup of a resource, which comes by itself.
func (r *running) firstBackup(resource string) *backupv1.Job {
	r.place.t.Helper()
	return r.wait(r.jobOf(resource))
}

func succeeded(t testing.TB, job *backupv1.Job) *backupv1.BackupResult {
	t.Helper()
	if job.GetState() != backupv1.JobState_JOB_STATE_SUCCEEDED {
		t.Fatalf("%v", job)
	}
	return job.GetBackup()
}

func TestFirstBackupComesByItself(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 2, Mails: 300, Seed: 7})
	worker := p.start("api,work")
	for _, user := range p.provision(worker.mailOnly()) {
		result := succeeded(t, worker.firstBackup("mail-"+user))
		if result.GetAdded() < 300 || !result.GetFull() || result.GetFailed() != 0 || result.GetSnapshot() == "" || result.GetBytesStored() == 0 {
			t.Errorf("%v", result)
		}
		p.sameAsLive(user)
	}
}

func TestSecondBackupCostsWhatChanged(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 2000, Seed: 7})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	changed := p.aDay(user, 0.02).sum()
	containers, err := p.vault().At(t.Context(), p.unit("mail-"+user), 0)
	p.must(err)

	p.sim.Ledger.Reset()
	result := succeeded(t, worker.backup("mail-"+user))
	requests := p.sim.Ledger.Report().Users[user].Requests
	if most := changed/2 + 3*int(containers.Snapshot().Counts.Folders); requests > most {
		t.Errorf("%d requests for %d changes, at most %d", requests, changed, most)
	}
	if most := result.GetBytesRead()*12/10 + 50<<10; result.GetBytesStored() > most {
		t.Errorf("%d bytes stored of %d read, at most %d", result.GetBytesStored(), result.GetBytesRead(), most)
	}
	t.Logf("%d changes: %d requests, %d bytes read, %d stored", changed, requests, result.GetBytesRead(), result.GetBytesStored())
	p.sameAsLive(user)

	p.sim.Ledger.Reset()
	third := succeeded(t, worker.backup("mail-"+user))
	if third.GetSnapshot() != result.GetSnapshot() || third.GetBytesStored() != 0 {
		t.Errorf("something was written of an unchanged mailbox: %v", third)
	}
}

func TestLostLinksLeadToTheSameState(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 200, Seed: 3})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	p.aDay(user, 0.1)
	p.control("/sim/expire", map[string]any{"scope": "mail", "user": user}, nil)
	succeeded(t, worker.backup("mail-"+user))
	p.sameAsLive(user)
}

func TestFullBackupWritesNothingTwice(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 200, Seed: 3})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	p.aDay(user, 0.05)
	reply, err := worker.backups().StartBackup(p.context(), &backupv1.StartBackupRequest{Resource: p.resource("mail-" + user), Full: true})
	p.must(err)
	result := succeeded(t, worker.wait(reply.GetJob().GetName()))
	if !result.GetFull() || result.GetBytesRead() < 1<<20 || result.GetBytesStored() > result.GetBytesRead()/2 {
		t.Errorf("%v", result)
	}
	p.sameAsLive(user)
}

func TestFoldersLeftOut(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 100, Seed: 3})
	worker := p.start("api,work")
	reply, err := worker.profiles().CreateProfile(p.context(), &backupv1.CreateProfileRequest{Profile: &backupv1.Profile{
		DisplayName: "No rubbish", Workloads: []typev1.Workload{typev1.Workload_WORKLOAD_MAIL},
		Exclusions: &backupv1.Exclusions{MailFolders: []string{"deleteditems", "JUNKEMAIL", "projects"}},
	}})
	p.must(err)
	user := p.provision(reply.GetProfile().GetName())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	view, err := p.vault().At(p.context(), p.unit("mail-"+user), 0)
	p.must(err)
	names := map[string]bool{}
	for folder, err := range view.Items(p.context(), vault.Root, "") {
		p.must(err)
		names[folder.Name] = true
	}
	if names["Deleted Items"] || names["Junk Email"] || names["Projects"] || names["Aurora"] || !names["Inbox"] {
		t.Error(names)
	}
}

func TestVerify(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 50, Seed: 3})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	result := succeeded(t, worker.firstBackup("mail-"+user))
	vaults := backupv1.NewVaultServiceClient(p.dial(worker.address))
	for _, name := range []string{result.GetSnapshot(), p.resource("mail-" + user)} {
		reply, err := vaults.StartVerify(p.context(), &backupv1.StartVerifyRequest{Snapshot: name})
		p.must(err)
		job := worker.wait(reply.GetJob().GetName())
		found := job.GetVerification()
		if job.GetState() != backupv1.JobState_JOB_STATE_SUCCEEDED || found.GetItems() != result.GetItems() || found.GetDamagedCount() != 0 || found.GetSnapshot() != result.GetSnapshot() {
			t.Errorf("%v", job)
		}
	}
	// An interrupted backup takes a number that no snapshot has.
	session, err := p.vault().Begin(p.context(), vault.UnitID(p.unit("mail-"+user)), vault.Run{ID: "interrupted"})
	p.must(err)
	_, err = session.Put(p.context(), vault.Item{Meta: vault.Meta{Ref: vault.Ref{ID: "new"}, Kind: vault.KindFolder, Name: "new"}})
	p.must(err)
	p.must(session.Checkpoint(p.context()))
	p.must(session.Close())
	succeeded(t, worker.backup("mail-"+user))
	for _, number := range []string{"2", "99"} {
		_, err := vaults.StartVerify(p.context(), &backupv1.StartVerifyRequest{Snapshot: p.resource("mail-"+user) + "/snapshots/" + number})
		if !fault.Is(err, fault.NotFound) || fault.ReasonOf(err) != "SNAPSHOT_NOT_FOUND" || !strings.Contains(fault.NextOf(err), "snapshot list") {
			t.Errorf("snapshot %s: %v", number, err)
		}
	}
}
