package drive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// resumptions is how often in a row a download may break off without a byte in between.
const resumptions = 5

// Content is the bytes of a file. A connection that breaks, or an address that expires (after
// about an hour), is replaced in the middle of reading. Unsupported with reason GRAPH_MALWARE:
// Microsoft hands it out to nobody.
//
// Conflict means that the file changed between two connections: start over.
type Content struct {
	ctx     context.Context //nolint:containedctx // a reader has no other place for the context of its download
	drive   *Drive
	source  graph.Request // what leads to an address
	address string
	body    io.ReadCloser
	etag    string
	offset  int64
	failed  int
}

// Download opens a file's content from offset on. The caller closes it; ctx bounds the reading too.
func (d *Drive) Download(ctx context.Context, id m365.ItemID, offset int64) (*Content, error) {
	return d.open(ctx, graph.Request{Name: "download file", Path: d.path("items", string(id), "content")}, "", offset)
}

// DownloadItem is Download for an item that a delta reported: if its address still holds, that is
// one request instead of two.
func (d *Drive) DownloadItem(ctx context.Context, item Item, offset int64) (*Content, error) {
	return d.open(ctx, graph.Request{Name: "download file", Path: d.path("items", string(item.ID), "content")}, item.Address, offset)
}

// DownloadVersion opens the content of an earlier version. The current one is had by Download alone.
func (d *Drive) DownloadVersion(ctx context.Context, id m365.ItemID, version string) (*Content, error) {
	return d.open(ctx, graph.Request{Name: "download version", Path: d.path("items", string(id), "versions", version, "content")}, "", 0)
}

func (d *Drive) open(ctx context.Context, source graph.Request, address string, offset int64) (*Content, error) {
	source.Stay = true
	c := &Content{ctx: ctx, drive: d, source: source, address: address, offset: offset}
	if err := c.connect(); err != nil {
		return nil, err
	}
	return c, nil
}

// Read implements [io.Reader].
func (c *Content) Read(p []byte) (int, error) {
	for {
		n, err := c.body.Read(p)
		c.offset += int64(n)
		if n > 0 {
			c.failed = 0
		}
		switch {
		case err == nil, n > 0 && !errors.Is(err, io.EOF):
			return n, nil // the error comes again with the next read
		case errors.Is(err, io.EOF):
			return n, io.EOF
		}
		if c.failed++; c.failed > resumptions || c.ctx.Err() != nil {
			return 0, fault.As(fault.Transient, "download file", err, fault.Reason("GRAPH_CUT_OFF"))
		}
		_ = c.body.Close()
		c.body = http.NoBody
		if err := c.connect(); err != nil {
			return 0, err
		}
	}
}

// Close ends the download.
func (c *Content) Close() error { return c.body.Close() }

// connect opens the content at the offset, with a fresh address if the one at hand is refused.
func (c *Content) connect() error {
	if c.address != "" {
		err := c.get()
		if err == nil || !refusedAddress(err) {
			return err
		}
	}
	response, err := c.drive.client.Do(c.ctx, c.source)
	if err != nil {
		return err
	}
	if c.address = response.Header.Get("Location"); response.StatusCode < http.StatusMultipleChoices || c.address == "" {
		return c.use(response) // some hosts serve the content at once
	}
	_ = response.Body.Close()
	return c.get()
}

// refusedAddress tells whether another address may help: expired ones are refused in every way.
func refusedAddress(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unauthentic, fault.Permission, fault.NotFound, fault.Resync:
		return fault.ReasonOf(err) != "GRAPH_MALWARE"
	default:
		return false
	}
}

// get reads from a pre-authenticated address. Without an Accept header a Range is answered with 416
// (corso, src/pkg/services/m365/api/graph).
func (c *Content) get() error {
	header := http.Header{"Accept": {"*/*"}}
	if c.offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", c.offset))
	} else {
		header.Set("Accept-Encoding", "identity")
	}
	response, err := c.drive.client.Do(c.ctx, graph.Request{Name: c.source.Name, Path: c.address, Header: header, Anonymous: true})
	if err != nil {
		return err
	}
	return c.use(response)
}

// use takes the response as the content from the offset on; a host that ignores Range serves all
// of it, and what is there already is skipped.
func (c *Content) use(response *http.Response) error {
	etag := response.Header.Get("ETag")
	if c.etag != "" && etag != "" && etag != c.etag {
		_ = response.Body.Close()
		return fault.New(fault.Conflict, c.source.Name, "the file changed while it was read", fault.Reason("DRIVE_FILE_CHANGED"), fault.Next("nothing: it is read again"))
	}
	c.etag, c.body = etag, response.Body
	if c.offset > 0 && response.StatusCode != http.StatusPartialContent {
		if _, err := io.CopyN(io.Discard, response.Body, c.offset); err != nil {
			_ = response.Body.Close()
			return fault.As(fault.Transient, c.source.Name, err, fault.Reason("GRAPH_CUT_OFF"))
		}
	}
	return nil
}
