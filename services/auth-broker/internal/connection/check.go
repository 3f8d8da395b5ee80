package connection

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Check is one line of a test.
type Check struct {
	Subject string
	Outcome Outcome
	Finding string   // of a check that passed
	Problem *Problem // of one that did not
}

// Outcome is how a check ended.
type Outcome uint8

// The outcomes.
const (
	CheckPassed  Outcome = iota + 1
	CheckWarned          // something does not work without it, but not everything
	CheckFailed          // work cannot be done
	CheckSkipped         // an earlier check failed
)

// Problem is why a check did not pass and what to do.
type Problem struct {
	Reason, Cause, Next string
}

// ProblemOf is an error as a person needs it.
func ProblemOf(err error) *Problem {
	reason := fault.ReasonOf(err)
	if reason == "" {
		reason = strings.ToUpper(strings.ReplaceAll(fault.KindOf(err).String(), " ", "_"))
	}
	return &Problem{Reason: reason, Cause: err.Error(), Next: fault.NextOf(err)}
}

func passed(subject, finding string) Check {
	return Check{Subject: subject, Outcome: CheckPassed, Finding: finding}
}

func failed(subject string, err error) Check {
	return Check{Subject: subject, Outcome: CheckFailed, Problem: ProblemOf(err)}
}

func warned(subject string, problem Problem) Check {
	return Check{Subject: subject, Outcome: CheckWarned, Problem: &problem}
}

func skipped(subject, because string) Check {
	return Check{Subject: subject, Outcome: CheckSkipped, Problem: &Problem{
		Reason: "SKIPPED", Cause: "could not be tried: " + because, Next: "mend what failed above and test again"}}
}
