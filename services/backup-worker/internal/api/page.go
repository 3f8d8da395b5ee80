package api

import (
	"encoding/base64"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// Page sizes, as the API's comments promise.
const (
	pageDefault = 100
	pageMax     = 1000
)

func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, fault.New(fault.Invalid, "list", "a page cannot have a negative size")
	case asked == 0:
		return pageDefault, nil
	default:
		return min(int(asked), pageMax), nil
	}
}

// Tokens are opaque to callers: the key that the page before ended at.
func writeToken(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func readToken(token string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", fault.New(fault.Invalid, "list", "the page token is not one of this service", fault.Next("pass next_page_token of the page before, or nothing"))
	}
	return string(key), nil
}

// list is one page of a view.
func list[M proto.Message](view *state.Projection[M], connection m365.ConnectionID, size int32, token string, keep func(state.Entity[M]) bool) ([]M, string, error) {
	limit, err := pageSize(size)
	if err != nil {
		return nil, "", err
	}
	after, err := readToken(token)
	if err != nil {
		return nil, "", err
	}
	page, next := view.Page(connection, after, limit, keep)
	values := make([]M, 0, len(page))
	for _, entity := range page {
		values = append(values, entity.Value)
	}
	return values, writeToken(next), nil
}
