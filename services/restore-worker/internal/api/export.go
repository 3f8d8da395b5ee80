package api

import (
	"bufio"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/export"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Exports answers ExportService.
type Exports struct {
	restorev1.UnimplementedExportServiceServer
	Resources Resources
	Archive   snapshot.Archive
	Mail      export.Renderer
}

// maxFailures is how many failures a summary names; with more the message would become too large.
const maxFailures = 1000

// Export implements ExportService.
func (s *Exports) Export(request *restorev1.ExportRequest, stream grpc.ServerStreamingServer[restorev1.ExportResponse]) error {
	ctx := stream.Context()
	if err := checkSelections(request.GetSelections()); err != nil {
		return err
	}
	o, err := open(ctx, s.Resources, s.Archive, request.GetSnapshot())
	if err != nil {
		return err
	}
	choice, err := snapshot.Choose(ctx, o.reader, o.tree, outbox.Selectors(request.GetSelections()))
	if err != nil {
		return err
	}
	e := &export.Export{Reader: o.reader, Tree: o.tree, Choice: choice, Mail: s.Mail}
	out := bufio.NewWriterSize(parts{stream}, partSize)
	var summary export.Summary
	switch request.GetFormat() {
	case restorev1.ExportFormat_EXPORT_FORMAT_EML:
		summary, err = e.EML(ctx, out)
	case restorev1.ExportFormat_EXPORT_FORMAT_MBOX:
		summary, err = e.MBOX(ctx, out)
	case restorev1.ExportFormat_EXPORT_FORMAT_ZIP:
		summary, err = e.ZIP(ctx, out)
	default:
		err = fault.New(fault.Invalid, "export", "the format is not known", fault.Reason("BAD_FORMAT"), fault.Next("use eml, mbox or zip"))
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return err
	}
	return stream.Send(&restorev1.ExportResponse{Part: &restorev1.ExportResponse_Summary{Summary: summaryMessage(summary)}})
}

func summaryMessage(summary export.Summary) *restorev1.ExportSummary {
	m := &restorev1.ExportSummary{Items: summary.Items, Bytes: summary.Bytes}
	m.Failures, m.IncompleteItems = named(summary.Failures), named(summary.Partly)
	return m
}

func named(failures []export.Failure) []*restorev1.FailedItem {
	var items []*restorev1.FailedItem
	for _, failure := range failures[:min(len(failures), maxFailures)] {
		items = append(items, outbox.Failed(failure.Item, failure.Err))
	}
	return items
}

// partSize is how many bytes one message of the stream has: far below gRPC's limit.
const partSize = 256 << 10

// parts sends what is written, in messages of bounded size.
type parts struct {
	stream grpc.ServerStreamingServer[restorev1.ExportResponse]
}

func (p parts) Write(data []byte) (int, error) {
	sent := 0
	for sent < len(data) {
		part := data[sent:min(sent+partSize, len(data))]
		if err := p.stream.Send(&restorev1.ExportResponse{Part: &restorev1.ExportResponse_Data{Data: part}}); err != nil {
			return sent, err
		}
		sent += len(part)
	}
	return sent, nil
}
