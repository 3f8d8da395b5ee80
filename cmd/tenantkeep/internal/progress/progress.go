// Package progress shows long work as it goes on: bars on a terminal, plain lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// lineEvery is how often a plain line is written for each job, at most.
const lineEvery = 5 * time.Second

// Board shows several jobs at a time. Its methods may be called from several goroutines.
type Board struct {
	out  io.Writer
	bars *mpb.Progress // nil where lines are written
	mu   sync.Mutex
	jobs map[string]*row
}

type row struct {
	bar     *mpb.Bar
	written time.Time
	state   backupv1.JobState
	mu      sync.Mutex
	text    string
}

// New returns a board that writes to out: bars if that is a terminal.
func New(out io.Writer) *Board {
	b := &Board{out: out, jobs: map[string]*row{}}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		b.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(32), mpb.WithRefreshRate(200*time.Millisecond))
	}
	return b
}

// Show shows the newest of a job.
func (b *Board) Show(job *backupv1.Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.jobs[job.GetName()]
	if r == nil {
		r = &row{}
		b.jobs[job.GetName()] = r
		if b.bars != nil {
			r.bar = b.bars.AddBar(0, mpb.PrependDecorators(decor.Name(Resource(job)+" ", decor.WCSyncSpaceR)),
				mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return r.get() })))
		}
	}
	if r.bar == nil {
		b.line(r, job)
		return
	}
	r.set(Text(job))
	done, total := amount(job)
	r.bar.SetTotal(total, false)
	r.bar.SetCurrent(done)
	if Ended(job) {
		r.bar.SetTotal(max(done, 1), false)
		r.bar.SetCurrent(max(done, 1))
		r.bar.SetTotal(-1, true)
	}
}

// Wait writes what is still to be written. Call it when no job changes any more.
func (b *Board) Wait() {
	if b.bars == nil {
		return
	}
	b.mu.Lock()
	for _, r := range b.jobs {
		if !r.bar.Completed() {
			r.bar.Abort(false) // a job that is watched no more keeps its last line
		}
	}
	b.mu.Unlock()
	b.bars.Wait()
}

// line writes a change of state at once, and progress now and then.
func (b *Board) line(r *row, job *backupv1.Job) {
	if job.GetState() == r.state && time.Since(r.written) < lineEvery {
		return
	}
	r.written, r.state = time.Now(), job.GetState()
	fmt.Fprintf(b.out, "%s %s: %s\n", show.Word(job.GetKind(), "JOB_KIND_"), Resource(job), Text(job))
}

func (r *row) set(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = text
}

func (r *row) get() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text
}

// amount is bytes where the total of those is known, else items.
func amount(job *backupv1.Job) (done, total int64) {
	p := job.GetProgress()
	if p.GetBytesTotal() > 0 {
		return p.GetBytesDone(), max(p.GetBytesTotal(), p.GetBytesDone())
	}
	return p.GetItemsDone(), max(p.GetItemsTotal(), p.GetItemsDone())
}
