package restore

import (
	"sync"
)

// Report is what became of a restore.
type Report struct {
	Items    int64 // that were selected
	Created  int64
	Replaced int64
	Skipped  int64 // there already
	Failed   int64
	Bytes    int64 // of the items put in
	Failures []Failure
}

// MaxFailures is how many failures a report names; it counts all.
const MaxFailures = 1000

// Failure is an item that was not restored.
type Failure struct {
	Item string
	Err  error
}

// Progress is how far a run is.
type Progress struct {
	Done, Total           int64
	Failed                int64
	BytesDone, BytesTotal int64
}

// Tally counts what becomes of the items while a run goes on.
type Tally struct {
	mu       sync.Mutex
	report   Report
	progress Progress
}

// Report returns what was counted so far.
func (t *Tally) Report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	report := t.report
	report.Failures = append([]Failure(nil), t.report.Failures...)
	return report
}

// Progress returns how far it is.
func (t *Tally) Progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.progress
}

func (t *Tally) expect(items, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Items, t.progress.Total, t.progress.BytesTotal = items, items, bytes
}

func (t *Tally) done(verb Verb, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch verb {
	case Skip:
		t.report.Skipped++
	case Made, Create, Complete:
		t.report.Created++
	case Replace:
		t.report.Replaced++
	}
	if verb != Skip && verb != Made {
		t.report.Bytes += bytes
	}
	t.progress.Done++
	t.progress.BytesDone += bytes
}

func (t *Tally) failed(item string, bytes int64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Failed++
	if len(t.report.Failures) < MaxFailures {
		t.report.Failures = append(t.report.Failures, Failure{item, err})
	}
	t.progress.Done++
	t.progress.Failed++
	t.progress.BytesDone += bytes
}
