package api

import (
	"encoding/base64"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Sizes of a page.
const (
	standardPage = 100
	largestPage  = 1000
)

// pageSize is what was asked for within bounds, after https://google.aip.dev/158.
func pageSize(asked int32) (int, error) {
	if asked < 0 {
		return 0, fault.New(fault.Invalid, "read page size", "it is negative", fault.Next("leave it out or give 1 to 1000"))
	}
	if asked == 0 {
		return standardPage, nil
	}
	return min(int(asked), largestPage), nil
}

// A page token is the last id of the page before; nobody else may rely on what is in it.
func writeToken(last m365.ConnectionID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(last))
}

func readToken(token string) (m365.ConnectionID, error) {
	last, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", badToken()
	}
	return m365.ConnectionID(last), nil
}

func writeSequence(sequence uint64) string {
	if sequence == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(strconv.AppendUint(nil, sequence, 10))
}

func readSequence(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, badToken()
	}
	sequence, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, badToken()
	}
	return sequence, nil
}

func badToken() error {
	return fault.New(fault.Invalid, "read page token", "it is not one that was given out here", fault.Reason("PAGE_TOKEN_MALFORMED"),
		fault.Next("list from the beginning, without a page token"))
}
