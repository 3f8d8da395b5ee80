package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

func (a *app) restore() *cobra.Command {
	return group("restore", "Give content back", a.restoreStart(), a.restoreList())
}

// selectionFlags say what of a snapshot is meant.
type selectionFlags struct{ paths, items []string }

func (f *selectionFlags) add(command *cobra.Command) {
	command.Flags().StringArrayVar(&f.paths, "path", nil, "a folder with everything below it, or one item; may be repeated (default: everything)")
	command.Flags().StringArrayVar(&f.items, "item", nil, "an item by its id; may be repeated")
}

func (f *selectionFlags) selections() []*restorev1.Selection {
	var all []*restorev1.Selection
	for _, path := range f.paths {
		all = append(all, &restorev1.Selection{Kind: &restorev1.Selection_Path{Path: path}})
	}
	for _, item := range f.items {
		all = append(all, &restorev1.Selection{Kind: &restorev1.Selection_ItemId{ItemId: item}})
	}
	return all
}

func (a *app) restoreStart() *cobra.Command {
	var selection selectionFlags
	var to, conflict string
	var wait bool
	request := &restorev1.StartRestoreRequest{}
	command := &cobra.Command{
		Use: "start SNAPSHOT", Short: "Restore a snapshot, folders of it, or single items", Args: cobra.ExactArgs(1),
		Long: "Restore a snapshot, folders of it, or single items.\n\n" + snapshotHelp + `

The same item is the one with the same object id, if that is still there; else for mail the
one with the same message id and time of receipt in the folder, for files the one with the
same path.`,
		Example: "  tenantkeep restore start mail:ann@contoso.example --path Inbox --wait\n" +
			"  tenantkeep restore start mail:ann@contoso.example/7 --item AAMk… --to folder=Found\n" +
			"  tenantkeep restore start files:ann@contoso.example --to user=bob@contoso.example",
		RunE: func(command *cobra.Command, arguments []string) error {
			var err error
			if request.Target, err = target(to); err != nil {
				return err
			}
			if request.Conflict, err = conflictPolicy(conflict); err != nil {
				return err
			}
			if request.Snapshot, err = a.theSnapshot(command.Context(), arguments[0]); err != nil {
				return err
			}
			request.Selections = selection.selections()
			return a.startRestore(command.Context(), request, wait)
		},
	}
	selection.add(command)
	command.Flags().StringVar(&to, "to", "original", "original, folder=NAME or user=ADDRESS")
	command.Flags().StringVar(&conflict, "conflict", "skip", "what to do with what is there already: skip, copy or replace")
	command.Flags().StringVar(&request.RequestId, "request-id", "", "makes retries safe: the same id restores once")
	command.Flags().BoolVar(&wait, "wait", false, "show progress until it has ended")
	return command
}

func target(text string) (*restorev1.Target, error) {
	kind, name, named := strings.Cut(text, "=")
	switch {
	case text == "original":
		return &restorev1.Target{Kind: &restorev1.Target_Original{Original: &restorev1.Original{}}}, nil
	case kind == "folder" && named && name != "":
		return &restorev1.Target{Kind: &restorev1.Target_Folder{Folder: name}}, nil
	case kind == "user" && named && name != "":
		return &restorev1.Target{Kind: &restorev1.Target_User{User: name}}, nil
	default:
		return nil, wrong(fmt.Sprintf("--to %q", text), "use original, folder=NAME or user=ADDRESS")
	}
}

func conflictPolicy(text string) (restorev1.ConflictPolicy, error) {
	policy := restorev1.ConflictPolicy(restorev1.ConflictPolicy_value["CONFLICT_POLICY_"+strings.ToUpper(text)])
	if policy == restorev1.ConflictPolicy_CONFLICT_POLICY_UNSPECIFIED {
		return policy, wrong(fmt.Sprintf("--conflict %q", text), "use skip, copy or replace")
	}
	return policy, nil
}

func (a *app) startRestore(ctx context.Context, request *restorev1.StartRestoreRequest, wait bool) error {
	service, err := a.restores()
	if err != nil {
		return err
	}
	reply, err := service.StartRestore(ctx, request)
	if err != nil {
		return err
	}
	restore := reply.GetRestore()
	if wait {
		if _, err := a.follow(ctx, []*backupv1.Job{{Name: restore.GetJob()}}); err != nil {
			return err
		}
		ended, err := service.GetRestore(ctx, &restorev1.GetRestoreRequest{Name: restore.GetName()})
		if err != nil {
			return err
		}
		restore = ended.GetRestore()
	}
	if err := a.printer().Message(restore, func(out io.Writer) { printRestore(out, restore) }); err != nil {
		return err
	}
	return restoreOutcome(restore)
}

func restoreOutcome(restore *restorev1.Restore) error {
	switch restore.GetState() {
	case restorev1.RestoreState_RESTORE_STATE_PARTIAL:
		return errPartial
	case restorev1.RestoreState_RESTORE_STATE_FAILED, restorev1.RestoreState_RESTORE_STATE_CANCELLED:
		return fault.New(fault.Internal, "restore", "it was "+show.Word(restore.GetState(), "RESTORE_STATE_"), fault.Next(restore.GetReport().GetProblem().GetNext()))
	default:
		return nil
	}
}

func printRestore(out io.Writer, restore *restorev1.Restore) {
	report := restore.GetReport()
	fmt.Fprintf(out, "%s: %s\n", restore.GetName(), show.Word(restore.GetState(), "RESTORE_STATE_"))
	if report == nil {
		fmt.Fprintf(out, "see: tenantkeep job watch %s\n", show.Last(restore.GetJob()))
		return
	}
	fmt.Fprintf(out, "%d items: %d created, %d replaced, %d skipped, %d failed; %s, %d requests\n", report.GetItems(), report.GetCreated(),
		report.GetReplaced(), report.GetSkipped(), report.GetFailed(), show.Bytes(report.GetBytes()), report.GetRequests())
	if n := report.GetIncomplete(); n > 0 {
		fmt.Fprintf(out, "%d restored, but incomplete: the backup could not read all of them\n", n)
	}
	printFailures(out, "failed", report.GetFailures())
	printFailures(out, "incomplete", report.GetIncompleteItems())
	printProblem(out, report.GetProblem())
}

// printFailures prints what became of items under a word for that.
func printFailures(out io.Writer, word string, failures []*restorev1.FailedItem) {
	for _, failure := range failures {
		fmt.Fprintf(out, "  %-8s %s\n", word, failure.GetItemId())
		printProblem(out, failure.GetProblem())
	}
}

func (a *app) restoreList() *cobra.Command {
	var connection string
	command := &cobra.Command{
		Use: "list", Short: "List restores, newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			request := &restorev1.ListRestoresRequest{Parent: "connections/-"}
			if connection != "" {
				var err error
				if request.Parent, err = a.theConnection(command.Context(), connection); err != nil {
					return err
				}
			}
			service, err := a.restores()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), request, service.ListRestores)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) {
				var rows [][]string
				for _, r := range all.GetRestores() {
					rows = append(rows, []string{show.Last(r.GetName()), r.GetDisplayName(), show.Time(r.GetCreateTime()), show.Word(r.GetState(), "RESTORE_STATE_"),
						count(r.GetReport().GetCreated()), count(r.GetReport().GetSkipped()), count(r.GetReport().GetFailed())})
				}
				show.Table(out, "ID RESOURCE ASKED STATE CREATED SKIPPED FAILED", rows)
			})
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "of one connection (default: all)")
	return command
}
