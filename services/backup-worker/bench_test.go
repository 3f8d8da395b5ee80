package backupworker_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// The bar of processor time for one mail of a first backup at no latency, in everything that is
// ours: backup-worker with its client of Graph, vault, auth-broker, nats-server.
const (
	benchMails  = 10_000
	cpuPerMail  = 400 * time.Microsecond
	cpuGoal     = 130 * time.Microsecond
	corsoNeeded = 1300 * time.Microsecond // Corso 0.19, measured
)

// BenchmarkMail backs up a mailbox from a simulator in a process of its own, so that its processor
// time does not count as ours. The bar is for answers that are not packed; what gzip adds is told
// beside it. The best round counts, since what else the machine does makes every round dearer.
func BenchmarkMail(b *testing.B) {
	config := sim.Config{Users: 1, Mails: benchMails, Seed: 7}
	tenant, err := sim.New(config)
	if err != nil {
		b.Fatal(err)
	}
	address := startSimulator(b, config)
	for _, c := range []struct {
		encoding, gzip string
		bar            time.Duration
	}{{"identity", "off", cpuPerMail}, {"gzip", "on", 0}} {
		b.Run(c.encoding, func(b *testing.B) {
			setGzip(b, address, c.gzip)
			var best round
			for b.Loop() {
				if r := backUpOnce(b, tenant, address); best.result == nil || r.used < best.used {
					best = r
				}
			}
			best.report(b, c.bar)
		})
	}
}

// round is one first backup of the mailbox.
type round struct {
	result     *backupv1.BackupResult
	used, took time.Duration // processor time, and time
}

func backUpOnce(b *testing.B, tenant *sim.Server, address string) round {
	b.StopTimer()
	p := newPlaceAt(b, tenant, address)
	worker := p.start("api,work")
	profile := worker.mailOnly()
	b.StartTimer()
	before, began := processorTime(b), time.Now()
	user := p.provision(profile)[0]
	job := worker.firstBackup("mail-" + user)
	r := round{job.GetBackup(), processorTime(b) - before, time.Since(began)}
	if job.GetState() != backupv1.JobState_JOB_STATE_SUCCEEDED || r.result.GetAdded() < benchMails {
		b.Fatal(job)
	}
	worker.stop()
	return r
}

// report tells what a round needed, and fails above a bar.
func (r round) report(b *testing.B, bar time.Duration) {
	mails := r.result.GetAdded()
	each := r.used / time.Duration(mails)
	verdict := "no bar"
	switch {
	case bar > 0 && each > bar:
		verdict = "bar " + bar.String() + " MISSED"
		b.Fail()
	case bar > 0:
		verdict = "bar " + bar.String() + " held"
	}
	b.ReportMetric(each.Seconds()*1e3, "cpu-ms/mail")
	b.ReportMetric(float64(mails)/r.took.Seconds(), "mails/s")
	b.ReportMetric(float64(r.result.GetRequests())*1000/float64(mails), "requests/1000mails")
	b.Logf("CPU of a mail: %v, %s (goal %v, Corso 0.19 %v); best of %d rounds", each, verdict, cpuGoal, corsoNeeded, b.N)
	b.Logf("%d mails in %v, %d requests, %d bytes stored of %d; resident at most %d MB, the test with it (Corso 403 MB)",
		mails, r.took.Round(time.Millisecond), r.result.GetRequests(), r.result.GetBytesStored(), r.result.GetBytesRead(), usage(b).Maxrss>>10)
}

// setGzip tells the simulator whether to pack its answers.
func setGzip(b *testing.B, address, gzip string) {
	reply, err := http.Post(address+"/sim/settings", "application/json", strings.NewReader(`{"gzip":"`+gzip+`"}`))
	if err != nil {
		b.Fatal(err)
	}
	_ = reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		b.Fatal(reply.Status)
	}
}

// processorTime is what this process has used so far, in user and kernel mode.
func processorTime(b *testing.B) time.Duration {
	u := usage(b)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func usage(b *testing.B) syscall.Rusage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

// startSimulator builds m365sim, runs it until the benchmark ends, and returns its address.
func startSimulator(b *testing.B, config sim.Config) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "m365sim")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/tenantkeep/tenantkeep/sim/cmd/m365sim").CombinedOutput(); err != nil {
		b.Fatalf("build m365sim: %v\n%s", err, out)
	}
	command := exec.Command(program, "--listen", "127.0.0.1:0", "--users", strconv.Itoa(config.Users), "--mails", strconv.Itoa(config.Mails),
		"--seed", strconv.FormatUint(config.Seed, 10), "--throttle", "off")
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = command.Process.Signal(syscall.SIGTERM); _ = command.Wait() })
	lines := bufio.NewScanner(out)
	var address string
	for address == "" && lines.Scan() {
		_, address, _ = strings.Cut(lines.Text(), "listening on ")
	}
	go func() {
		for lines.Scan() {
		}
	}()
	reply, err := http.Get(address + "/sim/tenant")
	if err != nil {
		b.Fatal(err)
	}
	_ = reply.Body.Close()
	return address
}
