package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Fragments: Exchange takes up to 4 MB, SharePoint multiples of 320 KiB below 60 MiB.
// https://learn.microsoft.com/en-us/graph/api/driveitem-createuploadsession
const (
	AttachmentFragment = 3 << 20
	FileFragment       = 32 * 320 << 10 // 10 MiB, what Microsoft advises
)

// resumptions is how often in a row an upload may be found to have got no further.
const resumptions = 5

// UploadSession is an upload in fragments to an address that needs no token.
type UploadSession struct {
	Name     string
	URL      string
	Size     int64
	Content  io.ReaderAt
	Fragment int64
	Price    *ratelimit.Price
	// Done gets the body of the last answer, which describes what was made. It may be nil.
	Done func(body []byte) error
}

// Upload sends all fragments in order. After a fragment that failed it asks the session what it
// has and goes on from there, so that a lost answer is no lost upload. NotFound means that the
// session is gone: make a new one.
func (c *Client) Upload(ctx context.Context, u UploadSession) error {
	buffer := make([]byte, min(u.Fragment, max(u.Size, 1)))
	for offset, stuck := int64(0), 0; ; {
		next, body, err := c.sendFragment(ctx, u, offset, buffer)
		if err == nil && next >= u.Size {
			if u.Done != nil {
				return u.Done(body)
			}
			return nil
		}
		if err != nil {
			if stuck++; stuck == resumptions || !resumable(err) || ctx.Err() != nil {
				return err
			}
			buffer = make([]byte, len(buffer)) // the failed request may still be reading the old one
			if err := wait(ctx, backoff(stuck)); err != nil {
				return fault.Wrap(u.Name, err)
			}
			if next, err = c.uploaded(ctx, u); err != nil {
				return err
			}
		}
		if next > offset {
			stuck = 0
		}
		offset = next
	}
}

// resumable tells whether the session may still be good: passing trouble, a fragment that the
// session has already (416), or one that was refused in passing (403, seen by abraunegg's client).
func resumable(err error) bool {
	return fault.Is(err, fault.Transient) || fault.Is(err, fault.Throttled) || fault.ReasonOf(err) == "GRAPH_RANGE"
}

func (c *Client) sendFragment(ctx context.Context, u UploadSession, offset int64, buffer []byte) (next int64, body []byte, err error) {
	n := min(int64(len(buffer)), u.Size-offset)
	fragment := buffer[:n]
	if _, err := io.ReadFull(io.NewSectionReader(u.Content, offset, n), fragment); err != nil {
		return 0, nil, fault.Wrap("read what to upload", err)
	}
	contentRange := fmt.Sprintf("bytes %d-%d/%d", offset, offset+n-1, u.Size)
	response, err := c.do(ctx, Request{
		Name: u.Name, Method: http.MethodPut, Path: u.URL, Anonymous: true, Price: u.Price, Body: fragment,
		Header: http.Header{"Content-Range": {contentRange}, "Content-Type": {"application/octet-stream"}},
	}, call{fragment: true})
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fault.Wrap(u.Name, broken(ctx, err))
	}
	if next, ok := expected(body); ok {
		return next, body, nil
	}
	return offset + n, body, nil
}

// uploaded asks the session from where it wants to go on.
func (c *Client) uploaded(ctx context.Context, u UploadSession) (int64, error) {
	body, err := c.Bytes(ctx, Request{Name: u.Name + ": ask for its state", Path: u.URL, Anonymous: true, Price: u.Price})
	if err != nil {
		return 0, err
	}
	next, _ := expected(body)
	return next, nil
}

// expected reads the start of the first range that is missing; Exchange writes only the start.
func expected(body []byte) (int64, bool) {
	var state struct {
		NextExpectedRanges []string `json:"nextExpectedRanges"`
	}
	if json.Unmarshal(body, &state) != nil || len(state.NextExpectedRanges) == 0 {
		return 0, false
	}
	start, _, _ := strings.Cut(state.NextExpectedRanges[0], "-")
	n, err := strconv.ParseInt(start, 10, 64)
	return n, err == nil
}
