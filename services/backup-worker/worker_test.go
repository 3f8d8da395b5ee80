package backupworker_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	backupworker "github.com/tenantkeep/tenantkeep/services/backup-worker"
	"github.com/tenantkeep/tenantkeep/sim"
)

// TestMain lets this program be a backup-worker of its own, which can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("TENANTKEEP_TEST_WORKER") != "" {
		os.Args = os.Args[:1]
		os.Exit(host.Main(identity.BackupWorker, backupworker.New))
	}
	os.Exit(m.Run())
}

// process is a worker in a process of its own.
type process struct {
	place   *place
	command *exec.Cmd
}

// fork starts a process that does jobs.
func (p *place) fork() *process {
	p.t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "TENANTKEEP_TEST_WORKER=1", "TENANTKEEP_LISTEN=127.0.0.1:0", "TENANTKEEP_NATS="+p.nats.URL(), "TENANTKEEP_ROLE=work",
		"TENANTKEEP_DATA_DIR="+p.path("backup-worker"), "TENANTKEEP_PKI_DIR="+p.path("pki"), "TENANTKEEP_VAULT_DIR="+p.path("vault"),
		"TENANTKEEP_TOKEN_FILE="+p.path("admin.token"), "TENANTKEEP_AUTH_BROKER="+p.broker, "TENANTKEEP_ACK_WAIT="+ackWait.String())
	command.Stderr = p.log
	p.must(command.Start())
	process := &process{place: p, command: command}
	p.t.Cleanup(process.kill)
	return process
}

// kill ends a process at once, as a crash does.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may be gone
	_ = p.command.Wait()         // says that it was killed
}

// TestKilledAnywhere kills workers at times drawn over the length of an unharmed run.
func TestKilledAnywhere(t *testing.T) {
	const kills = 5
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 1))
	p := newPlace(t, sim.Config{Users: kills + 1, Mails: 400, Seed: 7, Latency: 10 * time.Millisecond})
	front := p.start("api")
	profile := front.mailOnly()
	users := p.sim.Directory.People()

	worker := p.fork()
	p.provisionOne(users[0].ID, profile)
	unharmed := succeeded(t, front.firstBackup("mail-"+users[0].ID))
	length := unharmed.GetEndTime().AsTime().Sub(unharmed.GetStartTime().AsTime())

	inFlight := 0
	for _, user := range users[1:] {
		p.provisionOne(user.ID, profile)
		name := front.jobOf("mail-" + user.ID)
		p.eventually("the job runs", func() bool { return front.job(name).GetState() != backupv1.JobState_JOB_STATE_QUEUED })
		p.must(bus.Pause(p.context(), time.Duration(draw.Int64N(int64(length)))))
		worker.kill()
		worker = p.fork()
		job := front.wait(name)
		if job.GetAttempts() > 1 {
			inFlight++
		}
		if result := succeeded(t, job); result.GetItems() != result.GetAdded() || job.GetFailures() != 0 {
			t.Errorf("%v", job)
		}
		p.sameAsLive(user.ID)
	}
	if inFlight == 0 {
		t.Errorf("no kill hit work in flight; a run takes %v", length)
	}
	t.Logf("%d of %d kills hit work in flight; a run takes %v", inFlight, kills, length)
}

// TestTwoWorkers lets two processes share the work, and one of them stop in the middle of it.
func TestTwoWorkers(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 8, Mails: 200, Seed: 7, Latency: 20 * time.Millisecond})
	front := p.start("api")
	first, second := p.start("work"), p.start("work")
	users := p.provision(front.mailOnly())
	p.eventually("work has begun", func() bool {
		return front.job(front.jobOf("mail-"+users[0])).GetState() != backupv1.JobState_JOB_STATE_QUEUED
	})
	p.must(bus.Pause(p.context(), 100*time.Millisecond))
	first.stop()
	for _, user := range users {
		job := front.firstBackup("mail-" + user)
		if result := succeeded(t, job); job.GetFailures() != 0 || result.GetItems() != result.GetAdded() {
			t.Errorf("%v", job)
		}
	}
	second.stop()
	for _, user := range users[:2] {
		p.sameAsLive(user)
	}
}

func (r *running) job(name string) *backupv1.Job {
	r.place.t.Helper()
	reply, err := r.jobs().GetJob(r.place.context(), &backupv1.GetJobRequest{Name: name})
	r.place.must(err)
	return reply.GetJob()
}

func (r *running) cancel(name string) *backupv1.Job {
	r.place.t.Helper()
	reply, err := r.jobs().CancelJob(r.place.context(), &backupv1.CancelJobRequest{Name: name})
	r.place.must(err)
	return reply.GetJob()
}

func TestCancelWhatWaits(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 7})
	front := p.start("api")
	user := p.provision(front.mailOnly())[0]
	if job := front.cancel(front.jobOf("mail-" + user)); job.GetState() != backupv1.JobState_JOB_STATE_CANCELLED {
		t.Errorf("%v", job)
	}
	p.start("work")
	succeeded(t, front.backup("mail-"+user))
}

func TestCancelWhatRuns(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 7, Latency: 300 * time.Millisecond})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	name := worker.jobOf("mail-" + user)
	p.eventually("the job runs", func() bool { return worker.job(name).GetState() == backupv1.JobState_JOB_STATE_RUNNING })
	worker.cancel(name)
	if job := worker.wait(name); job.GetState() != backupv1.JobState_JOB_STATE_CANCELLED || job.GetBackup().GetOutcome() != backupv1.BackupOutcome_BACKUP_OUTCOME_CANCELLED {
		t.Errorf("%v", job)
	}
	p.control("/sim/settings", map[string]any{"latency": "0s"}, nil)
	succeeded(t, worker.backup("mail-"+user))
}

func TestBackupsCoalesceUntilTheyBegin(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 10, Seed: 7, Latency: 200 * time.Millisecond})
	front := p.start("api")
	user := p.provision(front.mailOnly())[0]
	first := front.jobOf("mail-" + user)
	start := func() string {
		reply, err := front.backups().StartBackup(p.context(), &backupv1.StartBackupRequest{Resource: p.resource("mail-" + user)})
		p.must(err)
		return reply.GetJob().GetName()
	}
	if start() != first {
		t.Error("a job that waits does not stand for another")
	}
	worker := p.start("work")
	p.eventually("the job runs", func() bool { return front.job(first).GetState() == backupv1.JobState_JOB_STATE_RUNNING })
	again := start()
	if again == first || start() != again {
		t.Error("a job that runs is not followed by one other")
	}
	succeeded(t, front.wait(first))
	succeeded(t, front.wait(again))
	if found := front.job("connections/-/jobs/" + filepath.Base(again)); found.GetName() != again {
		t.Errorf("by its id alone it is %v", found)
	}
	_, err := backupv1.NewVaultServiceClient(p.dial(front.address)).StartVerify(p.context(), &backupv1.StartVerifyRequest{Snapshot: p.resource("mail-"+user) + "/snapshots/99"})
	if !fault.Is(err, fault.NotFound) || fault.NextOf(err) == "" {
		t.Error(err)
	}
	if open := front.open(); len(open) > 0 {
		t.Errorf("%v", open)
	}
	worker.stop()
}

// open are the jobs that have not ended.
func (r *running) open() (open []*backupv1.Job) {
	r.place.t.Helper()
	reply, err := r.jobs().ListJobs(r.place.context(), &backupv1.ListJobsRequest{Parent: "connections/-"})
	r.place.must(err)
	for _, job := range reply.GetJobs() {
		if s := job.GetState(); s == backupv1.JobState_JOB_STATE_QUEUED || s == backupv1.JobState_JOB_STATE_RUNNING {
			open = append(open, job)
		}
	}
	return open
}

// TestWhatIsAskedForIsInTheSnapshot asks for a backup while another one, which has read the mailbox
// already, is slow: what changed before the request has to be in the snapshot that it leads to.
func TestWhatIsAskedForIsInTheSnapshot(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 60, Seed: 7})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	for round := range 4 {
		p.control("/sim/settings", map[string]any{"latency": "150ms"}, nil)
		slow, err := worker.backups().StartBackup(p.context(), &backupv1.StartBackupRequest{Resource: p.resource("mail-" + user), Full: true})
		p.must(err)
		p.eventually("the slow one reads", func() bool {
			return worker.job(slow.GetJob().GetName()).GetState() == backupv1.JobState_JOB_STATE_RUNNING
		})
		p.must(bus.Pause(p.context(), time.Duration(round)*250*time.Millisecond))
		p.control("/sim/change", map[string]any{"user": user, "share": 0.2, "seed": round + 1, "workload": "mail"}, nil)
		request := &backupv1.StartBackupRequest{Resource: p.resource("mail-" + user), RequestId: fmt.Sprint("round ", round)}
		reply, err := worker.backups().StartBackup(p.context(), request)
		p.must(err)
		repeated, err := worker.backups().StartBackup(p.context(), request)
		p.must(err)
		if repeated.GetJob().GetName() != reply.GetJob().GetName() {
			t.Error("a repeated request led to another job")
		}
		p.control("/sim/settings", map[string]any{"latency": "0s"}, nil)
		succeeded(t, worker.wait(reply.GetJob().GetName()))
		p.sameAsLive(user)
		if open := worker.open(); len(open) > 0 {
			t.Errorf("a snapshot may land after the command: %v", open)
		}
	}
}

func TestProtectionFollowsTheDirectory(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 5, Seed: 7})
	worker := p.start("api,work")
	user := p.provision(worker.mailOnly())[0]
	succeeded(t, worker.firstBackup("mail-"+user))
	protected := func() string {
		reply, err := worker.resources().ListResources(p.context(), &backupv1.ListResourcesRequest{Parent: "connections/" + string(p.connection)})
		p.must(err)
		var ids []string
		for _, resource := range reply.GetResources() {
			if resource.GetProfile() != "" {
				ids = append(ids, strings.TrimSuffix(resource.GetName()[strings.LastIndex(resource.GetName(), "/")+1:], "-"+user))
			}
		}
		return fmt.Sprint(ids)
	}
	set := func(fact string, edit func(*directoryv1.User)) {
		_, err := p.users().Update(p.context(), p.connection, user, bySync, func(u *directoryv1.User) (string, error) { edit(u); return fact, nil })
		p.must(err)
	}
	for _, step := range []struct {
		what, want string
		do         func()
	}{
		{"a profile gets files", "[files mail]", func() {
			_, err := worker.profiles().UpdateProfile(p.context(), &backupv1.UpdateProfileRequest{
				Profile:    &backupv1.Profile{Name: "profiles/mail", Workloads: []typev1.Workload{typev1.Workload_WORKLOAD_MAIL, typev1.Workload_WORKLOAD_FILES}},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"workloads"}},
			})
			p.must(err)
		}},
		{"the user is suspended", "[]", func() {
			set("user-suspended", func(u *directoryv1.User) { u.State = directoryv1.UserState_USER_STATE_SUSPENDED })
		}},
		{"the user is back", "[files mail]", func() {
			set("user-updated", func(u *directoryv1.User) { u.State = directoryv1.UserState_USER_STATE_ACTIVE })
		}},
		{"the user loses the mailbox", "[files]", func() { set("user-updated", func(u *directoryv1.User) { u.Mail = "" }) }},
		{"the user is gone", "[]", func() {
			set("user-removed", func(u *directoryv1.User) { u.State = directoryv1.UserState_USER_STATE_REMOVED })
		}},
	} {
		step.do()
		p.eventually(step.what+" -> "+step.want, func() bool { return protected() == step.want })
	}
	_, err := worker.backups().StartBackup(p.context(), &backupv1.StartBackupRequest{Resource: p.resource("mail-" + user)})
	if fault.ReasonOf(err) != "RESOURCE_NOT_PROTECTED" {
		t.Error(err)
	}
}
