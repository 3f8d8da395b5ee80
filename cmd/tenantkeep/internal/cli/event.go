package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
)

func (a *app) event() *cobra.Command {
	return group("event", "See facts as they happen", a.eventWatch())
}

func (a *app) eventWatch() *cobra.Command {
	var since time.Duration
	request := &notifyv1.WatchEventsRequest{}
	command := &cobra.Command{
		Use: "watch", Short: "Print facts until interrupted", Args: cobra.NoArgs,
		Example: "  tenantkeep event watch --since 24h --event backup-failed",
		RunE: func(command *cobra.Command, _ []string) error {
			if since > 0 {
				request.StartTime = timestamppb.New(time.Now().Add(-since))
			}
			if request.Connection != "" {
				var err error
				if request.Connection, err = a.theConnection(command.Context(), request.Connection); err != nil {
					return err
				}
			}
			service, err := a.events()
			if err != nil {
				return err
			}
			stream, err := service.WatchEvents(command.Context(), request)
			if err != nil {
				return err
			}
			err = a.printEvents(stream)
			if fault.ReasonOf(err) == "EVENT_UNKNOWN" { // notifier has the list
				return usageError{err}
			}
			return err
		},
	}
	command.Flags().StringVar(&request.Connection, "connection", "", "of one connection (default: all)")
	command.Flags().StringSliceVar(&request.Events, "event", nil, "only these, such as user-provisioned (default: all)")
	command.Flags().DurationVar(&since, "since", 0, "begin with what happened in this time; events are kept for 30 days")
	command.Flags().Uint64Var(&request.AfterCursor, "after", 0, "go on after this cursor; wins over --since")
	return command
}

func (a *app) printEvents(stream interface {
	Recv() (*notifyv1.WatchEventsResponse, error)
},
) error {
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) || fault.Is(err, fault.Cancelled) {
			return nil
		}
		if err != nil {
			return err
		}
		err = a.printer().Line(event, func(out io.Writer) {
			fmt.Fprintf(out, "%s  %-22s %s  (cursor %d)\n", show.Time(event.GetTime()), event.GetEvent(), event.GetSubject(), event.GetCursor())
		})
		if err != nil {
			return err
		}
	}
}
