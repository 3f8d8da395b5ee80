package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/export"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
)

// plain renders a message as its part "item" is.
type plain struct{}

func (plain) Render(ctx context.Context, out io.Writer, reader snapshot.Reader, item snapshot.Item) error {
	stream, err := reader.Open(ctx, item, "item")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, stream)
	return err
}

func of(t *testing.T, reader snapshot.Reader, selectors ...snapshot.Selector) *export.Export {
	t.Helper()
	tree, err := snapshot.ReadTree(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	choice, err := snapshot.Choose(t.Context(), reader, tree, selectors)
	if err != nil {
		t.Fatal(err)
	}
	return &export.Export{Reader: reader, Tree: tree, Choice: choice, Mail: plain{}}
}

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, file := range archive.File {
		stream, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(stream)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := content[file.Name]; twice {
			t.Errorf("%s is there twice", file.Name)
		}
		content[file.Name] = string(text)
	}
	return content
}

func TestZipHasFoldersAndSafeNames(t *testing.T) {
	m := &snapshottest.Memory{Tree: []snapshot.Folder{
		{ID: "d", Name: "Documents"}, {ID: "up", Parent: "d", Name: ".."}, {ID: "con", Name: "CON"}, {ID: "empty", Name: "empty"},
	}}
	for i, file := range []struct{ folder, name string }{
		{"", "top.txt"}, {"d", "plan.docx"}, {"d", "PLAN.docx"}, {"up", "../../etc/passwd"}, {"up", `C:\x`}, {"con", "nul.txt"},
		{"con", "ends with dot."}, {"con", "tab\tand\x00null"}, {"con", strings.Repeat("ü", 300)}, {"con", strings.Repeat("ü", 300)}, {"con", ""},
	} {
		m.Add(snapshot.Item{ID: fmt.Sprint(i), Folder: file.folder, Kind: snapshot.File, Title: file.name, Size: 3}, "content", fmt.Sprintf("%03d", i))
	}
	var out bytes.Buffer
	summary, err := of(t, m).ZIP(t.Context(), &out)
	if err != nil || summary.Items != 11 || len(summary.Failures) > 0 || summary.Bytes != 33 {
		t.Fatalf("summary %+v, %v", summary, err)
	}
	got := unzip(t, out.Bytes())
	want := map[string]string{
		"Documents/": "", "empty/": "", "_CON/": "", "Documents/_/": "",
		"top.txt": "000", "Documents/plan.docx": "001", "Documents/PLAN.docx (2)": "002", "Documents/_/.._.._etc_passwd": "003",
		"Documents/_/C__x": "004", "_CON/_nul.txt": "005", "_CON/ends with dot": "006", "_CON/tab_and_null": "007",
		"_CON/" + strings.Repeat("ü", 60): "008", "_CON/" + strings.Repeat("ü", 58) + " (2)": "009", "_CON/_": "010",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name := range got {
		if clean := path.Clean("/" + name); !strings.HasPrefix(clean, "/") || slices.Contains(strings.Split(name, "/"), "..") {
			t.Errorf("%s leaves the directory", name)
		}
	}
}

// broken fails in the middle of one item.
type broken struct {
	*snapshottest.Memory
	item string
}

func (b broken) Open(ctx context.Context, item snapshot.Item, part string) (io.ReadCloser, error) {
	stream, err := b.Memory.Open(ctx, item, part)
	if err == nil && item.ID == b.item {
		return io.NopCloser(io.MultiReader(stream, iotest.ErrReader(errors.New("stored bytes are damaged")))), nil
	}
	return stream, err
}

func TestWhatCannotBeReadIsListedAtTheEnd(t *testing.T) {
	m := &snapshottest.Memory{}
	for i := range 3 {
		m.Add(snapshot.Item{ID: fmt.Sprint(i), Kind: snapshot.File, Title: fmt.Sprint("file ", i), Size: 3}, "content", "abc")
	}
	m.Add(snapshot.Item{ID: "lost", Title: "lost", Problem: &snapshot.Problem{Reason: "NOT_BACKED_UP", Cause: "malware"}})
	var out bytes.Buffer
	summary, err := of(t, broken{m, "1"}).ZIP(t.Context(), &out)
	if err != nil || summary.Items != 2 || len(summary.Failures) != 2 {
		t.Fatalf("summary %+v, %v", summary, err)
	}
	files := unzip(t, out.Bytes())
	if _, there := files["file 1"]; there || len(files) != 3 || !strings.Contains(files["not exported.txt"], "damaged") || !strings.Contains(files["not exported.txt"], "malware") {
		t.Errorf("files %q", files)
	}
}

func TestAWriterThatFailsEndsTheExport(t *testing.T) {
	m := &snapshottest.Memory{}
	m.Add(snapshot.Item{ID: "1", Kind: snapshot.Message}, "item", strings.Repeat("x", 100_000))
	for _, write := range []func(*export.Export, io.Writer) error{
		func(e *export.Export, w io.Writer) error { _, err := e.ZIP(t.Context(), w); return err },
		func(e *export.Export, w io.Writer) error { _, err := e.MBOX(t.Context(), w); return err },
		func(e *export.Export, w io.Writer) error { _, err := e.EML(t.Context(), w); return err },
	} {
		if err := write(of(t, m), full{}); !errors.Is(err, errFull) {
			t.Errorf("error %v", err)
		}
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestMboxQuotes(t *testing.T) {
	m := &snapshottest.Memory{}
	when := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	m.Add(snapshot.Item{ID: "1", Kind: snapshot.Message, Sender: "Ada <ada@example.com>", Time: when}, "item", "Subject: a\r\n\r\nFrom me\r\n>From you\r\n>>From all\r\nNot From\r\nend")
	m.Add(snapshot.Item{ID: "2", Kind: snapshot.Message, Sender: "nobody here", Time: when}, "item", "Subject: b\r\n\r\n")
	var out bytes.Buffer
	if summary, err := of(t, m).MBOX(t.Context(), &out); err != nil || summary.Items != 2 {
		t.Fatalf("summary %+v, %v", summary, err)
	}
	want := "From ada@example.com Wed Mar  4 05:06:07 2026\nSubject: a\n\n>From me\n>>From you\n>>>From all\nNot From\nend\n\n" +
		"From MAILER-DAEMON Wed Mar  4 05:06:07 2026\nSubject: b\n\n\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestEmlIsOneMessage(t *testing.T) {
	m := &snapshottest.Memory{}
	m.Add(snapshot.Item{ID: "1", Kind: snapshot.Message}, "item", "one")
	m.Add(snapshot.Item{ID: "2", Kind: snapshot.Message}, "item", "two")
	var out bytes.Buffer
	if _, err := of(t, m, snapshot.Selector{ID: "2"}).EML(t.Context(), &out); err != nil || out.String() != "two" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if _, err := of(t, m).EML(t.Context(), &out); fault.ReasonOf(err) != "NOT_ONE_MESSAGE" {
		t.Errorf("two messages: %v", err)
	}
}

func TestWhatIsNotWholeIsExportedAndNamed(t *testing.T) {
	part := &snapshot.Problem{Reason: snapshot.Incomplete, Cause: "an attachment cannot be opened", Held: true}
	m := &snapshottest.Memory{Tree: []snapshot.Folder{{ID: "i", Name: "Inbox"}}}
	m.Add(snapshot.Item{ID: "whole", Folder: "i", Kind: snapshot.Message, Title: "whole"}, "item", "Subject: whole")
	m.Add(snapshot.Item{ID: "part", Folder: "i", Kind: snapshot.Message, Title: "part", Problem: part}, "item", "Subject: part")
	for format, write := range map[string]func(*export.Export, io.Writer) (export.Summary, error){
		"zip":  func(e *export.Export, out io.Writer) (export.Summary, error) { return e.ZIP(t.Context(), out) },
		"mbox": func(e *export.Export, out io.Writer) (export.Summary, error) { return e.MBOX(t.Context(), out) },
	} {
		var out bytes.Buffer
		summary, err := write(of(t, m), &out)
		if err != nil || summary.Items != 2 || len(summary.Failures) != 0 || len(summary.Partly) != 1 || summary.Partly[0].Item != "part" {
			t.Errorf("%s: %+v, %v", format, summary, err)
		}
		if format != "zip" {
			continue
		}
		if said := unzip(t, out.Bytes())["not exported.txt"]; !strings.Contains(said, "an attachment cannot be opened") {
			t.Errorf("the archive says %q", said)
		}
	}
	summary, err := of(t, m, snapshot.Selector{ID: "part"}).EML(t.Context(), io.Discard)
	if err != nil || len(summary.Partly) != 1 {
		t.Errorf("eml: %+v, %v", summary, err)
	}
}
