package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

func TestSplitBringsSpellingsIntoOneForm(t *testing.T) {
	for path, want := range map[string][]string{
		"users/a@b.c/messages":                         {"users", "a@b.c", "messages"},
		"users('a@b.c')/messages":                      {"users", "a@b.c", "messages"},
		"users/x/messages/microsoft.graph.delta()":     {"users", "x", "messages", "delta"},
		"users/o''brien":                               {"users", "o''brien"},
		"users('o''brien')":                            {"users", "o'brien"},
		"drives/d/root:/a%20b/c.txt:/content":          {"drives", "d", "root:", "a b/c.txt", "content"},
		"drives/d/items/i:/n.txt:/createUploadSession": {"drives", "d", "items", "i:", "n.txt", "createUploadSession"},
		"drives/d/root:/a/b":                           {"drives", "d", "root:", "a/b"},
		"messages/AAMk%2FAAA=/$value":                  {"messages", "AAMk/AAA=", "$value"},
	} {
		if got, _ := wire.Split(path); !cmp.Equal(want, got) {
			t.Errorf("%s: %q", path, got)
		}
	}
	segments, arguments := wire.Split("drives/d/root/delta(token='a b')")
	if segments[3] != "delta" || arguments["token"] != "a b" {
		t.Errorf("%q %v", segments, arguments)
	}
}

func TestRouterPrefersFixedSegments(t *testing.T) {
	var router wire.Router
	router.Add(
		wire.Route{Method: "GET", Path: "/users/{user}"}, wire.Route{Method: "GET", Path: "/users/delta"},
		wire.Route{Method: "PATCH", Path: "/users/{id}"}, wire.Route{Method: "GET", Path: "/drives/{drive}/root:/{path}/content"},
		wire.Route{Method: "GET", Path: "/drives/{drive}/items/{item}:/{path}"}, wire.Route{Method: "GET", Path: "/users/{user}/delta/x"},
	)
	for path, want := range map[string]struct {
		template string
		params   map[string]string
	}{
		"users/DELTA":                 {"/users/delta", map[string]string{}},
		"users/7":                     {"/users/{user}", map[string]string{"user": "7"}},
		"users/delta/delta/x":         {"/users/{user}/delta/x", map[string]string{"user": "delta"}},
		"drives/d/root:/a/b:/content": {"/drives/{drive}/root:/{path}/content", map[string]string{"drive": "d", "path": "a/b"}},
		"drives/d/items/i:/n":         {"/drives/{drive}/items/{item}:/{path}", map[string]string{"drive": "d", "item": "i", "path": "n"}},
	} {
		segments, _ := wire.Split(path)
		route, params, _ := router.Match("GET", segments)
		if route == nil || route.Path != want.template || !cmp.Equal(want.params, params) {
			t.Errorf("%s: %v %v", path, route, params)
		}
	}
	if route, params, _ := router.Match("PATCH", []string{"users", "7"}); route == nil || params["id"] != "7" {
		t.Errorf("a method has its own parameter names: %v", params)
	}
	if route, _, known := router.Match("DELETE", []string{"users", "7"}); route != nil || !known {
		t.Error("the path is known by other methods")
	}
}

func TestFilters(t *testing.T) {
	row := func(path string) any {
		return map[string]any{
			"name": "O'Brien", "age": 7, "on": true, "at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "tags": []string{"a", "b"},
			"props": []any{map[string]any{"id": "String {x} Name y", "value": "1"}}, "from/emailAddress/address": "a@b.c",
		}[path]
	}
	for filter, want := range map[string]bool{
		"name eq 'o''brien'":                       true,
		"name eq 'x' or age eq 7":                  true,
		"name eq 'x' or age eq 7 and on eq false":  false,
		"(name eq 'x' or age eq 7) and on eq true": true,
		"not (age gt 5)":                           false,
		"age in (1, 7)":                            true,
		"startswith(name,'O')":                     true,
		"contains(tolower(name), 'BRI')":           true,
		"at ge 2026-01-02T03:04:05Z":               true,
		"at lt 2026-01-02T03:04:05Z":               false,
		"missing eq null":                          true,
		"missing ne 'x'":                           true,
		"tags/any(t:t eq 'b')":                     true,
		"tags/all(t:t eq 'b')":                     false,
		"props/any(p: p/id eq 'String {x} Name y' and p/value eq '1')": true,
		"props/Any(p: p/value eq '2')":                                 false,
		"from/emailAddress/address eq 'A@B.C'":                         true,
	} {
		f, err := wire.ParseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := f.Match(row); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
	for _, bad := range []string{"name eq", "(name eq 'x'", "name eq 'x", "eq 'x' name", "frob(name)", "name eq name"} {
		if _, err := wire.ParseFilter(bad); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestFilterTellsWhatItDemands(t *testing.T) {
	f, err := wire.ParseFilter("internetMessageId eq '<a>' and isRead eq true")
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := f.Equal("internetMessageId"); !ok || id != "<a>" {
		t.Errorf("%q %v", id, ok)
	}
	f, err = wire.ParseFilter("singleValueExtendedProperties/Any(ep: ep/id eq 'a' and ep/value eq 'b')")
	if err != nil {
		t.Fatal(err)
	}
	if pair, ok := f.AnyEqual("singleValueExtendedProperties", "id", "value"); !ok || !cmp.Equal(pair, []string{"a", "b"}) {
		t.Errorf("%q %v", pair, ok)
	}
}

func TestNestedExpansions(t *testing.T) {
	q, err := wire.ParseQuery("%24expand=attachments(%24select=id,name;%24expand=microsoft.graph.itemAttachment/item),singleValueExtendedProperties(%24filter=id+eq+'a,b')&top=5")
	if err != nil {
		t.Fatal(err)
	}
	attachments, _ := q.Expands("attachments")
	if _, nested := attachments.Expands("itemAttachment/item"); !nested || !cmp.Equal(attachments.Select, []string{"id", "name"}) || q.Top != 5 {
		t.Errorf("%+v", q)
	}
	if extended, _ := q.Expands("singleValueExtendedProperties"); extended.Filter != "id eq 'a,b'" {
		t.Errorf("%+v", extended)
	}
	if _, err := wire.ParseQuery("$top=many"); err == nil {
		t.Error("$top=many was accepted")
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("0123456789 \" 0123456789 \\ 0123456789abcdef \x1f 0123456789abcdefé")
	f.Add("a\"\\\x00\r\n\té<>&")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		var back string
		if err := json.Unmarshal(wire.AppendString(nil, text), &back); err != nil || back != text {
			t.Errorf("%q became %q: %v", text, back, err)
		}
		if long := wire.AppendText(nil, []byte(text)); string(long) != string(wire.AppendString(nil, text)) {
			t.Errorf("%q as a long text is %s", text, long)
		}
	})
}
