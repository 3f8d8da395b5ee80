package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
)

// reasonPageTooLarge marks a 503 without a body.
const reasonPageTooLarge = "GRAPH_EMPTY_503"

// pageAttempts is how often one page is read before its trouble is the caller's.
const pageAttempts = 4

// Pages says how to read a collection.
type Pages struct {
	First   Request // a later link of the same collection may be its Path
	Prefer  string  // goes into the Prefer header beside the page size
	Size    int     // items per page to ask for; 0: Graph's default
	MaxItem int     // longest item in bytes; 0: see package rawjson
	// Item gets every item, valid until it returns. After a page that broke off, its items come again.
	Item func(raw []byte) error
	// Page, if set, is called after each page with the link to the next: from there the reading can be resumed.
	Page func(next string) error
}

// Read follows a collection to its end and returns its delta link, or "" if it has none.
//
// A page that breaks off, stalls or holds an error is read again; a 503 without a body is answered
// with pages half as large (https://github.com/microsoft/kiota-http-go/issues/151). Resync means
// that the link is lost: read again from the start. Errors of Item and Page end the reading as they are.
func (c *Client) Read(ctx context.Context, p Pages) (deltaLink string, err error) {
	request := p.First
	for failures := 0; ; {
		next, delta, err := c.readPage(ctx, request, p)
		switch {
		case err == nil && next == "":
			return delta, nil
		case err == nil:
			failures = 0
			request.Path, request.Query = next, ""
			if p.Page != nil {
				if err := p.Page(next); err != nil {
					return "", err
				}
			}
		case !p.again(ctx, err, &failures):
			return "", unwrapItem(err)
		}
	}
}

// again decides whether a page that failed is read once more, and waits before that.
func (p *Pages) again(ctx context.Context, err error, failures *int) bool {
	var mine itemError
	if errors.As(err, &mine) || fault.KindOf(err) != fault.Transient || ctx.Err() != nil {
		return false
	}
	if fault.ReasonOf(err) == reasonPageTooLarge && p.Size > 1 {
		p.Size = max(p.Size/2, 1)
		return true
	}
	*failures++
	return *failures < pageAttempts && wait(ctx, backoff(*failures)) == nil
}

func (c *Client) readPage(ctx context.Context, r Request, p Pages) (next, delta string, err error) {
	r.Header = preferring(r.Header, p.Prefer, p.Size)
	response, err := c.do(ctx, r, call{paged: true})
	if err != nil {
		return "", "", err
	}
	defer func() { _ = response.Body.Close() }()
	split := rawjson.NewSplitter(response.Body, "value")
	split.MaxItem = p.MaxItem
	for {
		item, err := split.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = errorItem(response, item)
		}
		if err != nil {
			return "", "", fault.Wrap(r.Name, badPage(ctx, err))
		}
		if err := p.Item(item); err != nil {
			return "", "", itemError{err}
		}
	}
	if refusal := split.Member("error"); refusal != nil {
		return "", "", fault.Wrap(r.Name, errorPage(response, refusal))
	}
	return rawjson.Text(split.Member("@odata.nextLink")), rawjson.Text(split.Member("@odata.deltaLink")), nil
}

// errorItem finds an error where an item should be, in an answer of 200:
// https://github.com/microsoftgraph/msgraph-sdk-typescript/issues/544
func errorItem(response *http.Response, item []byte) error {
	for name, value := range rawjson.Members(item) {
		if string(name) == "error" && len(value) > 0 && value[0] == '{' {
			return errorPage(response, value)
		}
		break
	}
	return nil
}

func errorPage(response *http.Response, refusal []byte) error {
	body := append(append([]byte(`{"error":`), refusal...), '}')
	r := decodeRefusal(response.StatusCode, response.Header, body)
	if row := r.meaning(); row.kind != fault.Invalid {
		return r.fault()
	}
	return fault.As(fault.Transient, "", r, fault.Reason("GRAPH_ERROR_IN_PAGE"), fault.Next(nextRetry))
}

// badPage classifies what the splitter says.
func badPage(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, rawjson.ErrTruncated), errors.Is(err, rawjson.ErrSyntax):
		return fault.As(fault.Transient, "read page", err, fault.Reason("GRAPH_TRUNCATED"), fault.Next(nextRetry))
	case errors.Is(err, rawjson.ErrTooLarge):
		return fault.As(fault.Unsupported, "read page", err, fault.Reason("GRAPH_ITEM_TOO_LARGE"))
	default:
		return broken(ctx, err)
	}
}

// preferring adds preferences in one header line, as Graph wants them.
func preferring(h http.Header, prefer string, size int) http.Header {
	if size > 0 {
		if prefer != "" {
			prefer += ", "
		}
		prefer += "odata.maxpagesize=" + strconv.Itoa(size)
	}
	if prefer == "" {
		return h
	}
	if h = h.Clone(); h == nil {
		h = http.Header{}
	}
	h.Set("Prefer", prefer)
	return h
}

// itemError marks an error of the caller's own functions.
type itemError struct{ error }

func (e itemError) Unwrap() error { return e.error }

func unwrapItem(err error) error {
	var mine itemError
	if errors.As(err, &mine) {
		return mine.error
	}
	return err
}
