package graph

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// stallAfter is how long a body may be silent before the call is given up.
const stallAfter = time.Minute

var errStalled = fault.New(fault.Transient, "read body", "no data for a minute", fault.Reason("GRAPH_STALLED"))

// unpacked asks for gzip and undoes it, and ends bodies that stall.
type unpacked struct{ next http.RoundTripper }

func (t unpacked) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	r = r.WithContext(ctx)
	if r.Header.Get("Range") == "" && r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		cancel(nil)
		return nil, withoutAddress(err)
	}
	watched := &watchedBody{body: response.Body, cancel: cancel, ctx: ctx}
	watched.timer = time.AfterFunc(stallAfter, func() { cancel(errStalled) })
	response.Body = watched
	if response.Header.Get("Content-Encoding") == "gzip" {
		response.Body = &gzipBody{packed: watched}
		response.Header.Del("Content-Encoding")
		response.Header.Del("Content-Length")
		response.ContentLength = -1
		response.Uncompressed = true
	}
	return response, nil
}

// watchedBody is a body that must not be silent for long.
type watchedBody struct {
	body   io.ReadCloser
	timer  *time.Timer
	ctx    context.Context //nolint:containedctx // the context of this very response
	cancel context.CancelCauseFunc
	read   int64
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.read += int64(n)
	if n > 0 {
		b.timer.Reset(stallAfter)
	}
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.timer.Stop()
	err := b.body.Close()
	b.cancel(nil)
	return err
}

// unpackers keep the memory of streams that were read: a window, tables, and what came from the network.
var unpackers = sync.Pool{New: func() any { return &unpacker{packed: bufio.NewReaderSize(nil, 64<<10)} }}

type unpacker struct {
	gzip.Reader
	packed *bufio.Reader // inflating has a loop of its own for one
}

// gzipBody opens the stream at the first read, since an empty body has no header to read.
type gzipBody struct {
	packed io.ReadCloser
	reader *unpacker
	err    error
}

func (b *gzipBody) Read(p []byte) (int, error) {
	if b.reader == nil && b.err == nil {
		b.reader = unpackers.Get().(*unpacker)
		b.reader.packed.Reset(b.packed)
		b.err = b.reader.Reset(b.reader.packed)
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.reader.Read(p)
}

func (b *gzipBody) Close() error {
	if b.reader != nil {
		b.reader.packed.Reset(nil)
		unpackers.Put(b.reader)
		b.reader = nil
	}
	b.err = http.ErrBodyReadAfterClose
	return b.packed.Close()
}

// drain reads a little of a body that nobody wants and closes it, so that its connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}

// rewound returns the request to be sent once more.
func rewound(r *http.Request) (*http.Request, error) {
	again := r.Clone(r.Context())
	if r.Body == nil || r.Body == http.NoBody {
		return again, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fault.As(fault.Internal, "send again", err)
	}
	again.Body = body
	return again, nil
}

// rewindable makes sure that the request's body can be read more than once: the SDK's bodies can
// seek, and do not say so.
func rewindable(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody || r.GetBody != nil {
		return nil
	}
	raw, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return fault.As(fault.Internal, "read request body", err)
	}
	r.ContentLength = int64(len(raw))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	r.Body, err = r.GetBody()
	return err
}

// broken classifies an error from reading a body: the end of the caller's context stays what it
// is, everything else may go better next time.
func broken(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fault.Wrap("read body", ctx.Err())
	case fault.KindOf(err) != fault.Internal:
		return err
	default:
		return fault.As(fault.Transient, "read body", withoutAddress(err), fault.Reason("GRAPH_CUT_OFF"))
	}
}
