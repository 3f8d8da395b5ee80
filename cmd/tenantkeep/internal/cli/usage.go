package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// usageError is a command line that cannot be meant as it is.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// wrong says what is wrong with the arguments, and what to write instead.
func wrong(cause, next string) error {
	return usageError{fault.New(fault.Invalid, "read arguments", cause, fault.Next(next))}
}

// misused is an error of the parser, which does not say what to do.
func misused(command *cobra.Command, err error) error {
	return usageError{fault.As(fault.Invalid, "", err, fault.Next("see: "+command.CommandPath()+" --help"))}
}

// edits are the fields of the flags that were given; there has to be one, or something else that changes.
func edits(command *cobra.Command, fields map[string]string, other bool) ([]string, error) {
	paths := changed(command, fields)
	if len(paths) == 0 && !other {
		return nil, wrong("nothing is to be changed", "say what; see: "+command.CommandPath()+" --help")
	}
	return paths, nil
}

// What gRPC says of a server that is not there, or is another one.
const (
	noServer    = "Error while dialing: "
	noHandshake = "authentication handshake failed: "
)

// unreached turns the words of the transport into those of people.
func unreached(err error) error {
	text := err.Error()
	if _, cause, found := strings.Cut(text, noServer); found {
		return fault.New(fault.Transient, "call the server", "nobody answers: "+strings.TrimSuffix(cause, `"`),
			fault.Next("start it with: tenantkeep up, or say where it is with --server or --context"))
	}
	if _, cause, found := strings.Cut(text, noHandshake); found {
		return fault.New(fault.Unauthentic, "call the server", "it does not belong to this installation: "+strings.TrimSuffix(cause, `"`),
			fault.Next("use the context file that the server's `tenantkeep up` wrote: --context FILE"))
	}
	return err
}

func isUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}
