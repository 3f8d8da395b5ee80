package export

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// filePart is the part of a file that has its bytes.
const filePart = "content"

// small is up to what size a file is read whole before its entry begins, so that one that breaks
// leaves no part of it.
const small = 8 << 20

// compressor packs fast: much of what people keep is packed already, and 3 GiB took over two minutes
// at the default level.
func compressor(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) }

// ZIP writes all that is chosen, in its folders.
func (e *Export) ZIP(ctx context.Context, out io.Writer) (Summary, error) {
	z := &zipper{export: e, archive: zip.NewWriter(out), names: names{}, folders: map[string]string{}}
	z.archive.RegisterCompressor(zip.Deflate, compressor)
	var summary Summary
	for _, folder := range e.Choice.Folders {
		path := z.folder(folder.ID)
		if _, err := z.archive.CreateHeader(&zip.FileHeader{Name: path, Modified: folder.Modified}); err != nil {
			return summary, err
		}
	}
	err := e.each(ctx, &summary, func(item snapshot.Item) (int64, error) {
		if item.Kind == snapshot.Message {
			return z.message(ctx, item)
		}
		return z.file(ctx, item)
	})
	if err == nil {
		err = z.report(summary)
	}
	if err == nil {
		err = z.archive.Close()
	}
	return summary, err
}

type zipper struct {
	export  *Export
	archive *zip.Writer
	names   names
	folders map[string]string // paths by folder id, ending in a slash
}

// folder is the path of a folder in the archive.
func (z *zipper) folder(id string) string {
	if id == snapshot.Top {
		return ""
	}
	if path, known := z.folders[id]; known {
		return path
	}
	folder, ok := z.export.Tree.Folder(id)
	if !ok {
		return ""
	}
	z.folders[id] = z.names.take(z.folder(folder.Parent), folder.Name, "") + "/"
	return z.folders[id]
}

func (z *zipper) message(ctx context.Context, item snapshot.Item) (int64, error) {
	text, err := z.export.render(ctx, item)
	if err != nil {
		return 0, err
	}
	name := item.Time.UTC().Format("2006-01-02 1504 ") + item.Title
	return z.entry(z.names.take(z.folder(item.Folder), name, ".eml"), item.Time, bytes.NewReader(text))
}

func (z *zipper) file(ctx context.Context, item snapshot.Item) (int64, error) {
	stream, err := z.export.Reader.Open(ctx, item, filePart)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stream.Close() }() // it was only read
	var content io.Reader = stream
	if item.Size <= small {
		whole, err := io.ReadAll(stream)
		if err != nil {
			return 0, err
		}
		content = bytes.NewReader(whole)
	}
	return z.entry(z.names.take(z.folder(item.Folder), item.Title, ""), item.Time, content)
}

// entry writes a file into the archive. Reading and writing can fail: only the latter ends the export.
func (z *zipper) entry(path string, modified time.Time, content io.Reader) (int64, error) {
	entry, err := z.archive.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: modified})
	if err != nil {
		return 0, output(err)
	}
	source := &source{Reader: content}
	n, err := io.Copy(entry, source)
	if source.err != nil {
		return n, source.err
	}
	return n, output(err)
}

// source remembers that reading failed.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// report lists what is missing, in a file that comes last.
func (z *zipper) report(summary Summary) error {
	lacking := slices.Concat(summary.Failures, summary.Partly)
	if len(lacking) == 0 {
		return nil
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d items could not be exported, %d are here but not whole:\r\n\r\n", len(summary.Failures), len(summary.Partly))
	for _, failure := range lacking {
		fmt.Fprintf(&text, "%s\r\n  id: %s\r\n  why: %s\r\n\r\n", safe(failure.Title, ""), failure.Item, fault.Sentence(failure.Err))
	}
	_, err := z.entry(z.names.take("", "not exported", ".txt"), time.Time{}, &text)
	return err
}
