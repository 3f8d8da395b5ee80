package graph

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func read(t *testing.T, c *Client, size int) (items []string, delta string, err error) {
	t.Helper()
	delta, err = c.Read(t.Context(), Pages{
		First: Request{Name: "list things", Path: "/users/u/messages"}, Prefer: "x", Size: size,
		Item: func(raw []byte) error { items = append(items, string(raw)); return nil },
	})
	return items, delta, err
}

func TestPagesAreFollowedToTheDeltaLink(t *testing.T) {
	client, _, _ := script(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Prefer"); got != "x, odata.maxpagesize=2" {
			t.Errorf("prefers %q", got)
		}
		link := `"@odata.nextLink":"http://` + r.Host + `/v1.0/users/u/messages?$skiptoken=` + fmt.Sprint(n) + `"`
		switch n {
		case 0:
			fmt.Fprintf(w, `{"value":[1,2],%s}`, link)
		case 1:
			fmt.Fprintf(w, `{%s,"value":[]}`, link) // pages may be empty, and links come first
		default:
			fmt.Fprintf(w, `{"value":[3],"@odata.deltaLink":"d"}`)
		}
	})
	if items, delta, err := read(t, client, 2); fmt.Sprint(items) != "[1 2 3]" || delta != "d" || err != nil {
		t.Errorf("%v, %q, %v", items, delta, err)
	}
}

func TestEmpty503MeansSmallerPages(t *testing.T) {
	var sizes []string
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		size := strings.TrimPrefix(r.Header.Get("Prefer"), "x, odata.maxpagesize=")
		sizes = append(sizes, size)
		if len(size) > 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `{"value":[1]}`)
	})
	items, _, err := read(t, client, 500)
	if fmt.Sprint(sizes) != "[500 250 125 62]" || len(items) != 1 || err != nil {
		t.Errorf("%v, %v, %v", sizes, items, err)
	}
}

func TestTruncatedPageIsReadAgain(t *testing.T) {
	client, _, _ := script(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			fmt.Fprint(w, `{"value":[1,2,{"a":"b`)
			return
		}
		fmt.Fprint(w, `{"value":[1,2,3]}`)
	})
	if items, _, err := read(t, client, 2); fmt.Sprint(items) != "[1 2 1 2 3]" || err != nil {
		t.Errorf("%v, %v", items, err)
	}
}

func TestErrorInsideAPageOf200(t *testing.T) {
	for name, test := range map[string]struct {
		page string
		want fault.Kind
	}{
		"as an item":                {`{"value":[1,{"error":{"code":"generalException","message":"x"}}]}`, fault.Transient},
		"beside the items":          {`{"value":[1],"error":{"code":"UnknownError","message":""}}`, fault.Transient},
		"a lost token, as an error": {`{"error":{"code":"resyncRequired","message":"x"}}`, fault.Resync},
	} {
		client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, test.page) })
		if _, _, err := read(t, client, 0); !fault.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsOfTheReaderEndTheReading(t *testing.T) {
	requests := 0
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		requests++
		fmt.Fprintf(w, `{"value":[1],"@odata.nextLink":"http://%s/v1.0/users"}`, r.Host)
	})
	mine := fault.New(fault.Transient, "store", "disk full")
	_, err := client.Read(t.Context(), Pages{First: Request{Path: "/users"}, Item: func([]byte) error { return mine }})
	if !errors.Is(err, mine) || requests != 1 {
		t.Errorf("%v after %d requests", err, requests)
	}
	_, err = client.Read(t.Context(), Pages{First: Request{Path: "/users"},
		Item: func([]byte) error { return nil }, Page: func(string) error { return mine }})
	if !errors.Is(err, mine) || requests != 2 {
		t.Errorf("%v after %d requests", err, requests)
	}
}
