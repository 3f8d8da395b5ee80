package restoreworker_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// export reads a whole export.
func (p *place) export(request *restorev1.ExportRequest) ([]byte, *restorev1.ExportSummary, error) {
	p.Helper()
	stream, err := restorev1.NewExportServiceClient(p.as("", "restore-worker")).Export(p.context(), request)
	p.must(err)
	var data bytes.Buffer
	var summary *restorev1.ExportSummary
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return data.Bytes(), summary, nil
		}
		if err != nil {
			return nil, nil, err
		}
		data.Write(part.GetData())
		if part.GetSummary() != nil {
			summary = part.GetSummary()
		}
	}
}

func TestExports(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 50, Seed: 9}, nil)
	resource := p.backUp(0)
	p.worker()
	latest := resource + "/snapshots/latest"

	data, summary, err := p.export(&restorev1.ExportRequest{Snapshot: latest, Format: restorev1.ExportFormat_EXPORT_FORMAT_ZIP})
	p.must(err)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	p.must(err)
	messages := 0
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, ".eml") {
			continue
		}
		messages++
		stream, err := file.Open()
		p.must(err)
		message, err := mail.ReadMessage(stream)
		if err != nil || message.Header.Get("Message-Id") == "" {
			t.Errorf("%s: %v", file.Name, err)
		}
	}
	if messages != 50 || summary.GetItems() != 50 || summary.GetBytes() == 0 || len(summary.GetFailures()) != 0 {
		t.Errorf("%d messages, summary %v", messages, summary)
	}

	data, summary, err = p.export(&restorev1.ExportRequest{
		Snapshot: latest, Format: restorev1.ExportFormat_EXPORT_FORMAT_MBOX,
		Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_Path{Path: "Inbox"}}},
	})
	p.must(err)
	if from := bytes.Count(data, []byte("\n\nFrom ")) + 1; int64(from) != summary.GetItems() || !bytes.HasPrefix(data, []byte("From ")) {
		t.Errorf("%d From lines, summary %v", from, summary)
	}

	one := p.list(&restorev1.ListItemsRequest{Snapshot: latest, Path: "Sent Items"})[0]
	data, _, err = p.export(&restorev1.ExportRequest{
		Snapshot: latest, Format: restorev1.ExportFormat_EXPORT_FORMAT_EML,
		Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_ItemId{ItemId: one.GetId()}}},
	})
	p.must(err)
	if _, err := mail.ReadMessage(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}

	for format, reason := range map[restorev1.ExportFormat]string{
		restorev1.ExportFormat_EXPORT_FORMAT_EML: "NOT_ONE_MESSAGE", restorev1.ExportFormat_EXPORT_FORMAT_UNSPECIFIED: "BAD_FORMAT",
	} {
		if _, _, err := p.export(&restorev1.ExportRequest{Snapshot: latest, Format: format}); fault.ReasonOf(err) != reason {
			t.Errorf("%v: %v", format, err)
		}
	}
}
