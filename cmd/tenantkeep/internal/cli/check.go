package cli

import (
	"fmt"
	"io"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// tested prints the lines of a test; a line that failed fails the command.
func (a *app) tested(reply *authv1.TestConnectionResponse) error {
	err := a.printer().Message(reply, func(out io.Writer) {
		if name := reply.GetConnection().GetName(); name != "" {
			fmt.Fprintf(out, "%s (%s)\n", name, reply.GetConnection().GetDisplayName())
		}
		for _, check := range reply.GetChecks() {
			printCheck(out, check)
		}
	})
	if err != nil {
		return err
	}
	for _, check := range reply.GetChecks() {
		if check.GetOutcome() == authv1.CheckOutcome_CHECK_OUTCOME_FAILED {
			return fault.New(fault.Precondition, "test connection", check.GetSubject()+" failed", fault.Next(check.GetProblem().GetNext()))
		}
	}
	return nil
}

func printCheck(out io.Writer, check *authv1.Check) {
	fmt.Fprintf(out, "  %-8s %s", show.Word(check.GetOutcome(), "CHECK_OUTCOME_"), check.GetSubject())
	if check.GetFinding() != "" {
		fmt.Fprintf(out, ": %s", check.GetFinding())
	}
	fmt.Fprintln(out)
	printProblem(out, check.GetProblem())
}
