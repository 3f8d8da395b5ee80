package api

import (
	"encoding/base64"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Sizes of a page.
const (
	standardPage = 100
	largestPage  = 1000
)

// paged is any request for a page, after https://google.aip.dev/158.
type paged interface {
	GetPageSize() int32
	GetPageToken() string
}

// bounds are the position after which a page begins and its size.
func bounds(r paged) (after string, size int, err error) {
	if r.GetPageSize() < 0 {
		return "", 0, fault.New(fault.Invalid, "read page size", "it is negative", fault.Next("leave it out or give 1 to 1000"))
	}
	text, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
	if err != nil {
		return "", 0, fault.New(fault.Invalid, "read page token", "it is not one that was given out here", fault.Reason("PAGE_TOKEN_MALFORMED"),
			fault.Next("list from the beginning, without a page token"))
	}
	if size = min(int(r.GetPageSize()), largestPage); size == 0 {
		size = standardPage
	}
	return string(text), size, nil
}

func token(next string) string { return base64.RawURLEncoding.EncodeToString([]byte(next)) }
