package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// printProblem prints a failure under the line that it belongs to.
func printProblem(out io.Writer, problem *typev1.Problem) {
	if problem == nil {
		return
	}
	fmt.Fprintf(out, "           cause: %s\n", problem.GetCause())
	if problem.GetNext() != "" {
		fmt.Fprintf(out, "           next:  %s\n", problem.GetNext())
	}
	if problem.GetRequestId() != "" {
		fmt.Fprintf(out, "           Microsoft's request id: %s\n", problem.GetRequestId())
	}
}

// changed lists the fields of the flags that were given.
func changed(command *cobra.Command, fields map[string]string) []string {
	var paths []string
	for name, path := range fields {
		if command.Flags().Changed(name) {
			paths = append(paths, path)
		}
	}
	return paths
}
