package export

import (
	"bytes"
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Renderer writes a message as RFC 5322.
type Renderer interface {
	Render(ctx context.Context, out io.Writer, reader snapshot.Reader, item snapshot.Item) error
}

// Export is what to export, from where.
type Export struct {
	Reader snapshot.Reader
	Tree   *snapshot.Tree
	Choice *snapshot.Choice
	Mail   Renderer
}

// Summary is what an export holds and what it lacks.
type Summary struct {
	Items    int64
	Bytes    int64 // of what the items are, not of the archive
	Failures []Failure
	Partly   []Failure // in the export, but not whole
}

// Failure is an item that is not in the export, or not whole.
type Failure struct {
	Item  string
	Title string
	Err   error
}

func (s *Summary) failed(item snapshot.Item, err error) {
	s.Failures = append(s.Failures, Failure{item.ID, item.Title, err})
}

func (s *Summary) done(item snapshot.Item, bytes int64) {
	s.Items++
	s.Bytes += bytes
	s.partly(item.ID, item.Title, item.Problem)
}

func (s *Summary) partly(id, title string, problem *snapshot.Problem) {
	if shortfall := problem.Shortfall(); shortfall != nil {
		s.Partly = append(s.Partly, Failure{id, title, shortfall})
	}
}

// missing says why an item that the snapshot lacks is not in the export.
func missing(item snapshot.Item) error {
	return fault.New(fault.NotFound, "export item", "the snapshot does not hold it: "+item.Problem.Cause,
		fault.Reason(item.Problem.Reason), fault.Next("look for it in an earlier snapshot, or back the resource up again"))
}

// all yields every chosen item; fatal tells errors of the writer from those of an item.
func (e *Export) each(ctx context.Context, summary *Summary, export func(snapshot.Item) (int64, error)) error {
	for _, folder := range e.Choice.Folders {
		summary.partly(folder.ID, folder.Name, folder.Problem)
	}
	for item, err := range e.Choice.All(ctx, e.Reader) {
		if err != nil {
			return fault.Wrap("read snapshot", err)
		}
		if item.Missing() {
			summary.failed(item, missing(item))
			continue
		}
		n, err := export(item)
		switch {
		case err == nil:
			summary.done(item, n)
		case ctx.Err() != nil || isOutput(err):
			return err
		default:
			summary.failed(item, fault.Wrap("export item", err))
		}
	}
	return nil
}

// outputError is the failure of whoever takes the export: nothing more can be written.
type outputError struct{ error }

func (o outputError) Unwrap() error { return o.error }

func isOutput(err error) bool {
	_, ok := err.(outputError) //nolint:errorlint // it is never wrapped on its way to each
	return ok
}

func output(err error) error {
	if err == nil {
		return nil
	}
	return outputError{err}
}

// render makes the whole text of a message before any of it is written, so that one that breaks
// leaves no half of it in the file.
func (e *Export) render(ctx context.Context, item snapshot.Item) ([]byte, error) {
	if item.Kind != snapshot.Message {
		return nil, fault.New(fault.Unsupported, "render message", "it is no message", fault.Reason("NOT_A_MESSAGE"), fault.Next("export files as zip"))
	}
	var text bytes.Buffer
	err := e.Mail.Render(ctx, &text, e.Reader, item)
	return text.Bytes(), err
}

// EML writes the one message that is chosen.
func (e *Export) EML(ctx context.Context, out io.Writer) (Summary, error) {
	var only *snapshot.Item
	for item, err := range e.Choice.All(ctx, e.Reader) {
		if err != nil {
			return Summary{}, fault.Wrap("read snapshot", err)
		}
		if only != nil {
			return Summary{}, fault.New(fault.Invalid, "export", "more than one message is selected", fault.Reason("NOT_ONE_MESSAGE"),
				fault.Next("select one message, or export as mbox or zip"))
		}
		only = &item
	}
	if only == nil {
		return Summary{}, fault.New(fault.Invalid, "export", "no message is selected", fault.Reason("NOT_ONE_MESSAGE"), fault.Next("select one message"))
	}
	if only.Missing() {
		return Summary{}, missing(*only)
	}
	text, err := e.render(ctx, *only)
	if err != nil {
		return Summary{}, err
	}
	var summary Summary
	summary.done(*only, int64(len(text)))
	_, err = out.Write(text)
	return summary, err
}
