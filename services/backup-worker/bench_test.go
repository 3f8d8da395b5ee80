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

// The bar: processor time of everything that is ours (backup-worker, auth-broker, nats-server,
// vault) for one mail of a first backup, at no latency. Corso 0.19 needs 1.3 ms.
const (
	benchMails  = 10_000
	cpuPerMail  = 400 * time.Microsecond
	corsoNeeded = 1300 * time.Microsecond
)

// BenchmarkMail backs up a mailbox from a simulator in a process of its own, so that its processor
// time does not count as ours.
func BenchmarkMail(b *testing.B) {
	config := sim.Config{Users: 1, Mails: benchMails, Seed: 7}
	tenant, err := sim.New(config)
	if err != nil {
		b.Fatal(err)
	}
	address := startSimulator(b, config)
	for b.Loop() {
		b.StopTimer()
		p := newPlaceAt(b, tenant, address)
		worker := p.start("api,work")
		profile := worker.mailOnly()
		b.StartTimer()
		before, began := processorTime(b), time.Now()
		user := p.provision(profile)[0]
		job := worker.firstBackup("mail-" + user)
		used, took := processorTime(b)-before, time.Since(began)
		if job.GetState() != backupv1.JobState_JOB_STATE_SUCCEEDED || job.GetBackup().GetAdded() < benchMails {
			b.Fatal(job)
		}
		worker.stop()
		report(b, job.GetBackup(), used, took)
	}
}

func report(b *testing.B, result *backupv1.BackupResult, used, took time.Duration) {
	mails := time.Duration(result.GetAdded())
	b.ReportMetric(float64((used/mails).Microseconds())/1000, "cpu-ms/mail")
	b.ReportMetric(float64(result.GetAdded())/took.Seconds(), "mails/s")
	b.ReportMetric(float64(result.GetRequests())*1000/float64(result.GetAdded()), "requests/1000mails")
	b.Logf("cpu per mail: %v, bar %v, corso %v; %d mails in %v, %d requests, %d bytes stored of %d",
		used/mails, cpuPerMail, corsoNeeded, mails, took.Round(time.Millisecond), result.GetRequests(), result.GetBytesStored(), result.GetBytesRead())
	memory := usage(b).Maxrss >> 10
	b.ReportMetric(float64(memory), "rss-MB")
	b.Logf("resident memory: %d MB at most, all services and the test in one process; corso 403 MB", memory)
	if used/mails > cpuPerMail {
		b.Errorf("cpu per mail %v is above the bar of %v", used/mails, cpuPerMail)
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
	const address = "127.0.0.1:18365"
	command := exec.Command(program, "--listen", address, "--users", strconv.Itoa(config.Users), "--mails", strconv.Itoa(config.Mails),
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
	for lines.Scan() && !strings.Contains(lines.Text(), "http") {
	}
	go func() {
		for lines.Scan() {
		}
	}()
	reply, err := http.Get("http://" + address + "/sim/tenant")
	if err != nil {
		b.Fatal(err)
	}
	_ = reply.Body.Close()
	return "http://" + address
}
