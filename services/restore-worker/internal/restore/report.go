package restore

import (
	"slices"
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

	Incomplete int64     // items among those put in that are not whole, and folders that may lack items
	Shortfalls []Failure // what is missing of them
}

// MaxFailures is how many failures, and how many shortfalls, a report names; it counts all.
const MaxFailures = 1000

// Failure is an item that was not restored, or not whole.
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
	report.Failures = slices.Clone(t.report.Failures)
	report.Shortfalls = slices.Clone(t.report.Shortfalls)
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

// incomplete notes that an item or folder was restored, but not whole. nil is whole.
func (t *Tally) incomplete(id string, shortfall error) {
	if shortfall == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Incomplete++
	if len(t.report.Shortfalls) < MaxFailures {
		t.report.Shortfalls = append(t.report.Shortfalls, Failure{id, shortfall})
	}
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
