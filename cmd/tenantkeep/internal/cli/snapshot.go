package cli

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// snapshotHelp says how snapshots are written on the command line.
const snapshotHelp = `A SNAPSHOT is a name from "snapshot list", or RESOURCE for its newest snapshot, or
RESOURCE/NUMBER: mail:ann@contoso.example/7.`

func (a *app) snapshot() *cobra.Command {
	return group("snapshot", "Look into what was backed up", a.snapshotList(), a.snapshotLs())
}

func (a *app) snapshotList() *cobra.Command {
	return &cobra.Command{
		Use: "list RESOURCE", Short: "List the snapshots of a mailbox or drive, newest first", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			parent, err := a.theResource(command.Context(), arguments[0])
			if err != nil {
				return err
			}
			service, err := a.browser()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &restorev1.ListSnapshotsRequest{Parent: parent}, service.ListSnapshots)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) {
				var rows [][]string
				for _, s := range all.GetSnapshots() {
					state := "complete"
					if !s.GetComplete() {
						state = fmt.Sprintf("partial: %d failed", s.GetFailed())
					}
					rows = append(rows, []string{show.Last(s.GetName()), show.Time(s.GetCreateTime()), state, count(s.GetItems()),
						count(s.GetAdded()), count(s.GetChanged()), count(s.GetDeleted()), show.Bytes(s.GetBytesStored())})
				}
				show.Table(out, "NUMBER MADE STATE ITEMS ADDED CHANGED DELETED STORED", rows)
			})
		},
	}
}

func (a *app) snapshotLs() *cobra.Command {
	var order string
	command := &cobra.Command{
		Use: "ls SNAPSHOT [PATH]", Short: "List a folder of a snapshot", Args: cobra.RangeArgs(1, 2),
		Long:    "List a folder of a snapshot: its folders by name, then its items in the order of their ids.\n\n" + snapshotHelp,
		Example: "  tenantkeep snapshot ls mail:ann@contoso.example Inbox/Projects --sort time",
		RunE: func(command *cobra.Command, arguments []string) error {
			orderBy, known := orders[order]
			if !known {
				return wrong(fmt.Sprintf("--sort %q", order), "use id, name or time")
			}
			request := &restorev1.ListItemsRequest{OrderBy: orderBy}
			var err error
			if request.Snapshot, err = a.theSnapshot(command.Context(), arguments[0]); err != nil {
				return err
			}
			if len(arguments) == 2 {
				request.Path = arguments[1]
			}
			service, err := a.browser()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), request, service.ListItems)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printItems(out, all.GetItems()) })
		},
	}
	command.Flags().StringVar(&order, "sort", "id", "id, name or time (newest first); name and time read the whole folder for every 500 items shown")
	return command
}

// orders are the values of --sort as the API has them.
var orders = map[string]string{"id": "", "name": "name", "time": "time desc"}

func printItems(out io.Writer, items []*restorev1.Item) {
	var rows [][]string
	for _, item := range items {
		title, size := item.GetTitle(), show.Bytes(item.GetSize())
		if item.GetKind() == restorev1.ItemKind_ITEM_KIND_FOLDER {
			title, size = title+"/", "-"
		}
		rows = append(rows, []string{show.Time(item.GetTime()), size, item.GetSender(), title + mark(item), item.GetId()})
	}
	show.Table(out, "TIME SIZE FROM TITLE ID", rows)
}

// mark says behind an item's title what the snapshot lacks of it.
func mark(item *restorev1.Item) string {
	switch cause := item.GetProblem().GetCause(); {
	case item.GetProblem() == nil:
		return ""
	case !item.GetIncomplete():
		return " (not backed up: " + cause + ")"
	case item.GetProblem().GetReason() == "OLDER_VERSION":
		return " (an earlier version: " + cause + ")"
	default:
		return " (incomplete: " + cause + ")"
	}
}

func count(n int64) string { return strconv.FormatInt(n, 10) }
