package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

func (a *app) export() *cobra.Command {
	var selection selectionFlags
	var format, path string
	command := &cobra.Command{
		Use: "export SNAPSHOT -o FILE", Short: "Write content into a file that other programs read", Args: cobra.ExactArgs(1),
		Long:    "Write content into a file that other programs read.\n\n" + snapshotHelp,
		Example: "  tenantkeep export mail:ann@contoso.example --path Inbox --format mbox -o inbox.mbox",
		RunE: func(command *cobra.Command, arguments []string) error {
			request := &restorev1.ExportRequest{Selections: selection.selections()}
			request.Format = restorev1.ExportFormat(restorev1.ExportFormat_value["EXPORT_FORMAT_"+strings.ToUpper(format)])
			if request.Format == restorev1.ExportFormat_EXPORT_FORMAT_UNSPECIFIED {
				return wrong(fmt.Sprintf("--format %q", format), "use eml, mbox or zip")
			}
			if path == "" {
				return wrong("no file is named", "give -o FILE, or -o - for standard output")
			}
			var err error
			if request.Snapshot, err = a.theSnapshot(command.Context(), arguments[0]); err != nil {
				return err
			}
			return a.exportTo(command.Context(), request, path)
		},
	}
	selection.add(command)
	command.Flags().StringVar(&format, "format", "zip", "eml (one message), mbox (messages) or zip (everything)")
	command.Flags().StringVarP(&path, "output", "o", "", "the file to write; - for standard output")
	return command
}

// exportTo writes beside the file first, so that a file of that name is always whole.
func (a *app) exportTo(ctx context.Context, request *restorev1.ExportRequest, path string) error {
	service, err := a.exports()
	if err != nil {
		return err
	}
	stream, err := service.Export(ctx, request)
	if err != nil {
		return err
	}
	if path == "-" {
		summary, err := receive(stream, a.out)
		return a.exported(show.Printer{Out: a.err, JSON: a.json}, summary, err)
	}
	file, err := os.Create(path + ".partial")
	if err != nil {
		return fault.As(fault.Precondition, "write export", err, fault.Next("name a file in a directory that is there and that you may write to"))
	}
	defer os.Remove(file.Name()) // gone already if all went well
	summary, err := receive(stream, file)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = fault.As(fault.Exhausted, "write export", closeErr)
	}
	if err == nil {
		err = fault.As(fault.Precondition, "write export", os.Rename(file.Name(), path))
	}
	return a.exported(a.printer(), summary, err)
}

func receive(stream interface {
	Recv() (*restorev1.ExportResponse, error)
}, file io.Writer,
) (*restorev1.ExportSummary, error) {
	out := bufio.NewWriterSize(file, 1<<20)
	var summary *restorev1.ExportSummary
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return summary, fault.As(fault.Exhausted, "write export", out.Flush())
		}
		if err != nil {
			return nil, err
		}
		if reply.GetSummary() != nil {
			summary = reply.GetSummary()
		}
		if _, err := out.Write(reply.GetData()); err != nil {
			return nil, fault.As(fault.Exhausted, "write export", err)
		}
	}
}

func (a *app) exported(printer show.Printer, summary *restorev1.ExportSummary, err error) error {
	if err != nil {
		return err
	}
	err = printer.Message(summary, func(out io.Writer) {
		fmt.Fprintf(out, "%d items, %s, %d failed\n", summary.GetItems(), show.Bytes(summary.GetBytes()), len(summary.GetFailures()))
		if n := len(summary.GetIncompleteItems()); n > 0 {
			fmt.Fprintf(out, "%d exported, but incomplete: the backup could not read all of them\n", n)
		}
		printFailures(out, "failed", summary.GetFailures())
		printFailures(out, "incomplete", summary.GetIncompleteItems())
	})
	if err == nil && len(summary.GetFailures())+len(summary.GetIncompleteItems()) > 0 {
		return errPartial
	}
	return err
}
