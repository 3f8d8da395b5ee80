package work

import (
	"errors"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

func TestRetry(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		err      error
		failures int
		again    bool
		wait     time.Duration
		counts   bool
	}{
		"throttled waits as long as it was told":     {fault.New(fault.Throttled, "", "", fault.After(90*time.Second)), 0, true, 90 * time.Second, false},
		"throttled is never given up":                {fault.New(fault.Throttled, "", ""), 100, true, 5 * time.Second, false},
		"what passes is tried soon":                  {fault.New(fault.Transient, "", ""), 0, true, 5 * time.Second, true},
		"and then less often":                        {fault.New(fault.Transient, "", ""), 3, true, 40 * time.Second, true},
		"but no earlier than it was told":            {fault.New(fault.Transient, "", "", fault.After(time.Minute)), 0, true, time.Minute, true},
		"and is given up in the end":                 {fault.New(fault.Transient, "", ""), 7, false, 0, false},
		"a full store may be emptied":                {fault.New(fault.Exhausted, "", "", fault.Reason(vault.Full)), 0, true, 5 * time.Second, true},
		"a damaged one does not repair itself":       {fault.New(fault.Internal, "", "", fault.Reason(vault.Damaged)), 0, false, 0, false},
		"no mailbox stays none":                      {fault.New(fault.Precondition, "", "", fault.Reason("GRAPH_NO_MAILBOX")), 0, false, 0, false},
		"a permission has to be given first":         {fault.New(fault.Permission, "", ""), 0, false, 0, false},
		"what nobody classified is tried, then told": {errors.New("boom"), 0, true, 5 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			pause, again := retry(test.err, test.failures, now)
			if again != test.again || again && (pause.Until.Sub(now) != test.wait || pause.Failed != test.counts) {
				t.Errorf("%v, %+v", again, pause)
			}
		})
	}
}

func TestARunThatWasFencedBeginsAnewAtOnceAndOnce(t *testing.T) {
	fenced := fault.Wrap("commit", fault.New(fault.Conflict, "", "", fault.Reason(vault.Fenced)))
	if pause, again := retry(fenced, 0, time.Now()); !again || !pause.Until.IsZero() || !pause.Failed {
		t.Errorf("first: %v, %+v", again, pause)
	}
	now := time.Now()
	if pause, again := retry(fenced, 1, now); !again || pause.Until.Sub(now) != 10*time.Second {
		t.Errorf("second: %v, %+v", again, pause)
	}
}

func TestEveryProblemSaysWhatToDo(t *testing.T) {
	refusal := &graph.Refusal{Status: 403, Code: "ErrorAccessDenied", RequestID: "r-1"}
	problem := problemOf(fault.Wrap("read mail folders", fault.As(fault.Permission, "", refusal)))
	if problem.Reason != "PERMISSION" || problem.Next == "" || problem.RequestID != "r-1" || problem.Cause == "" {
		t.Errorf("%+v", problem)
	}
	problem = problemOf(fault.New(fault.Invalid, "x", "y", fault.Reason("R"), fault.Next("do this")))
	if problem.Reason != "R" || problem.Next != "do this" {
		t.Errorf("%+v", problem)
	}
}
