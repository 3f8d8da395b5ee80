package work

import (
	"context"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// reporter tells every second how far an attempt is.
type reporter struct {
	job    *jobs.Run
	of     *attempt
	recent []sample // one a second, oldest first
	cancel context.CancelFunc
	done   sync.WaitGroup
}

type sample struct {
	at           time.Time
	items, bytes int64
	waited       time.Duration
}

// Rates are over the last seconds: long enough not to jump with every page.
const (
	reportEvery = time.Second
	samples     = 6
)

// follow starts to report on an attempt.
func follow(ctx context.Context, job *jobs.Run, a *attempt) *reporter {
	ctx, cancel := context.WithCancel(ctx)
	r := &reporter{job: job, of: a, cancel: cancel}
	r.recent = append(r.recent, r.sample())
	r.done.Go(func() {
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.job.Progress(r.next().Encode())
			case <-ctx.Done():
				return
			}
		}
	})
	return r
}

// stop ends the reports and returns the last one.
func (r *reporter) stop() outbox.Progress {
	r.cancel()
	r.done.Wait()
	p := r.next()
	p.ItemRate, p.ByteRate, p.Left, p.WaitingFor = 0, 0, 0, ""
	return p
}

func (r *reporter) sample() sample {
	progress := &r.of.progress
	return sample{at: time.Now(), items: progress.Items.Load(), bytes: progress.Bytes.Load(), waited: r.of.meter.Read().Waited}
}

func (r *reporter) next() outbox.Progress {
	now := r.sample()
	r.recent = append(r.recent, now)
	if len(r.recent) > samples {
		r.recent = r.recent[1:]
	}
	progress, spent := &r.of.progress, r.of.meter.Read()
	p := outbox.Progress{
		Items: now.items, Total: max(progress.Total.Load(), 0), Failed: progress.Failed.Load(), Bytes: now.bytes,
		Requests: r.of.run.Requests + spent.Requests,
	}
	if p.Total > 0 {
		p.Total = max(p.Total, p.Items)
	}
	r.rate(&p, now)
	p.WaitingFor = r.waitingFor(now, spent)
	return p
}

func (r *reporter) rate(p *outbox.Progress, now sample) {
	since := r.recent[0]
	seconds := now.at.Sub(since.at).Seconds()
	if seconds <= 0 {
		return
	}
	p.ItemRate, p.ByteRate = float64(now.items-since.items)/seconds, float64(now.bytes-since.bytes)/seconds
	if p.ItemRate > 0 && p.Total > p.Items {
		p.Left = time.Duration(float64(p.Total-p.Items) / p.ItemRate * float64(time.Second))
	}
}

// waitingFor says what holds the attempt up: a limit if calls waited for it, or an answer if no item came.
func (r *reporter) waitingFor(now sample, spent graph.Counts) string {
	before := r.recent[max(len(r.recent)-2, 0)]
	switch {
	case spent.Limit != "" && now.waited-before.waited > now.at.Sub(before.at)/2:
		return spent.Limit
	case now.items != before.items || now.bytes != before.bytes:
		return ""
	case spent.Limit != "":
		return spent.Limit
	default:
		return "an answer of Microsoft Graph"
	}
}
