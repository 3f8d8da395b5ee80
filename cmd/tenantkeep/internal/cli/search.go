package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

func (a *app) search() *cobra.Command {
	request := &restorev1.SearchItemsRequest{}
	command := &cobra.Command{
		Use: "search CONNECTION QUERY...", Short: "Find mail by subject or sender and files by name, in the newest snapshots", Args: cobra.MinimumNArgs(2),
		Long: "Find mail by subject or sender and files by name, in the newest snapshots.\nAll words have to occur. CONNECTION may also be a resource or a snapshot.",
		RunE: func(command *cobra.Command, arguments []string) error {
			var err error
			if strings.Contains(arguments[0], ":") {
				request.Parent, err = a.theResource(command.Context(), arguments[0])
			} else {
				request.Parent, err = a.theConnection(command.Context(), arguments[0])
			}
			if err != nil {
				return err
			}
			request.Query = strings.Join(arguments[1:], " ")
			service, err := a.browser()
			if err != nil {
				return err
			}
			stream, err := service.SearchItems(command.Context(), request)
			if err != nil {
				return err
			}
			return a.printFound(stream)
		},
	}
	command.Flags().Int32Var(&request.Limit, "limit", 100, "at most this many")
	return command
}

// printFound prints what is found as it is found.
func (a *app) printFound(stream interface {
	Recv() (*restorev1.SearchItemsResponse, error)
},
) error {
	found := 0
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if found == 0 && !a.json {
				fmt.Fprintln(a.out, "none")
			}
			return nil
		}
		if err != nil {
			return err
		}
		found++
		item := reply.GetItem()
		err = a.printer().Line(reply, func(out io.Writer) {
			fmt.Fprintf(out, "%s  %s/%s  %s  %s\n    %s --item %s\n", show.Time(item.GetTime()), show.Plain(item.GetPath()), show.Plain(item.GetTitle()+mark(item)),
				show.Plain(item.GetSender()), reply.GetResourceDisplayName(), reply.GetSnapshot(), item.GetId())
		})
		if err != nil {
			return err
		}
	}
}
