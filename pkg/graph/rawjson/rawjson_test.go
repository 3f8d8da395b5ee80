package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const page = `{"@odata.context":"c","value":[
 {"id":"1","subject":"quote \" brace } bracket ] backslash \\"},
 {"id":"2","nested":{"a":[{"b":"}"}]}} , {"id":"3"},"text",12,null],
 "@odata.nextLink":"https:\/\/x\/next?a=1\u0026b=2"}`

func split(t *testing.T, source io.Reader) (items []string, s *Splitter, err error) {
	t.Helper()
	s = NewSplitter(source, "value")
	for {
		item, err := s.Next()
		if errors.Is(err, io.EOF) {
			return items, s, nil
		}
		if err != nil {
			return items, s, err
		}
		items = append(items, string(item))
	}
}

func TestPagesThatShareMemory(t *testing.T) {
	long := `{"value":["` + strings.Repeat("x", 300<<10) + `"],"after":"` + strings.Repeat("y", 9000) + `"}`
	want, _, _ := split(t, strings.NewReader(page))
	for range 10 {
		if _, s, err := split(t, strings.NewReader(long)); err != nil || len(s.Member("after")) != 9002 {
			t.Fatalf("%d bytes after the items, %v", len(s.Member("after")), err)
		}
		got, s, err := split(t, iotest.HalfReader(strings.NewReader(page)))
		if err != nil || !slices.Equal(got, want) || Text(s.Member("@odata.nextLink")) != "https://x/next?a=1&b=2" {
			t.Fatalf("%q, %v", got, err)
		}
		if item, err := s.Next(); item != nil || !errors.Is(err, io.EOF) {
			t.Fatalf("after the end: %q, %v", item, err)
		}
	}
}

func TestItemsAreCutAsServed(t *testing.T) {
	want := []string{
		`{"id":"1","subject":"quote \" brace } bracket ] backslash \\"}`,
		`{"id":"2","nested":{"a":[{"b":"}"}]}}`, `{"id":"3"}`, `"text"`, `12`, `null`,
	}
	for name, source := range map[string]io.Reader{
		"at once":      strings.NewReader(page),
		"byte by byte": iotest.OneByteReader(strings.NewReader(page)),
		"data and EOF": iotest.DataErrReader(strings.NewReader(page)),
	} {
		items, s, err := split(t, source)
		if err != nil || fmt.Sprint(items) != fmt.Sprint(want) {
			t.Errorf("%s: %q, %v", name, items, err)
		}
		if next := Text(s.Member("@odata.nextLink")); next != "https://x/next?a=1&b=2" {
			t.Errorf("%s: next link %q", name, next)
		}
	}
}

func TestEveryTruncationIsNoticed(t *testing.T) {
	whole, _, _ := split(t, strings.NewReader(page))
	for end := range len(page) - 1 {
		items, _, err := split(t, strings.NewReader(page[:end]))
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d: %v", end, err)
		}
		for i, item := range items {
			if item != whole[i] {
				t.Fatalf("cut at %d: item %d is %q", end, i, item)
			}
		}
	}
}

func TestEmptyPages(t *testing.T) {
	for _, text := range []string{`{"value":[]}`, `{}`, ` { "value" : [ ] } `} {
		if items, _, err := split(t, strings.NewReader(text)); err != nil || len(items) != 0 {
			t.Errorf("%s: %q, %v", text, items, err)
		}
	}
	for _, text := range []string{`<html>`, `[]`, `"x"`, `{1:2}`} {
		if _, _, err := split(t, strings.NewReader(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestItemsBeyondTheLimitAreRefused(t *testing.T) {
	s := NewSplitter(strings.NewReader(`{"value":[{"x":"`+strings.Repeat("y", 3<<20)+`"}]}`), "value")
	s.MaxItem = 1 << 20
	if _, err := s.Next(); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestErrorsOfTheSourcePass(t *testing.T) {
	broken := errors.New("reset")
	_, _, err := split(t, io.MultiReader(strings.NewReader(page[:80]), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestRepairEscapesControlsInsideStringsOnly(t *testing.T) {
	broken := []byte("{\n\t\"a\x01b\": \"line\nbreak \\\" \x1f\", \"c\": [1,\n2]}")
	var value map[string]any
	if json.Unmarshal(broken, &value) == nil {
		t.Fatal("the test's own JSON is fine")
	}
	if err := json.Unmarshal(Repair(broken), &value); err != nil {
		t.Fatalf("%v in %q", err, Repair(broken))
	}
	if value["a\x01b"] != "line\nbreak \" \x1f" {
		t.Errorf("%q", value)
	}
	fine := []byte(`{"a":"é \u0001 \n"}`)
	if got := Repair(fine); &got[0] != &fine[0] {
		t.Error("what is whole was copied")
	}
}

func TestFields(t *testing.T) {
	object := []byte(`{"a":{"b":"x"},"b":"y\u00e9","c":true,"d":[1,{"e":2}],"f":null}`)
	if got := Text(Field(object, "b")); got != "yé" {
		t.Errorf("%q", got)
	}
	if !True(Field(object, "c")) || Field(object, "z") != nil || Text(Field(object, "f")) != "" {
		t.Error("c, z or f")
	}
	if got := string(Without(object, "d")); got != `{"a":{"b":"x"},"b":"y\u00e9","c":true,"f":null}` {
		t.Error(got)
	}
	var elements []string
	for e := range Elements(Field(object, "d")) {
		elements = append(elements, string(e))
	}
	if fmt.Sprint(elements) != `[1 {"e":2}]` {
		t.Error(elements)
	}
}

// FuzzSplitter holds the splitter to encoding/json on everything that that takes for a page.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte(page))
	f.Add([]byte(`{"value":[1,2],"value":[3]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var members map[string]json.RawMessage
		var want []json.RawMessage
		valid := json.Unmarshal(data, &members) == nil && bytes.Count(data, []byte(`"value"`)) == 1 &&
			!bytes.Contains(data, []byte(`\u`)) && json.Unmarshal(members["value"], &want) == nil
		var got [][]byte
		s := NewSplitter(bytes.NewReader(data), "value")
		for {
			item, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				if valid {
					t.Fatalf("%v on %q", err, data)
				}
				return
			}
			got = append(got, bytes.Clone(item))
			for range Members(item) {
			}
			Text(item)
			Repair(item)
		}
		if !valid {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%d items, want %d, in %q", len(got), len(want), data)
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("item %d: %q, want %q", i, got[i], want[i])
			}
		}
	})
}

func BenchmarkSplitter(b *testing.B) {
	body := strings.Repeat(`<div class=\"x\">Lorem ipsum dolor sit amet, consetetur</div>\r\n`, 70)
	mail := `{"id":"AAMk","subject":"Re: plan","isRead":true,"hasAttachments":false,"from":{"emailAddress":{"name":"A","address":"a@b.c"}},` +
		`"toRecipients":[{"emailAddress":{"name":"B","address":"b@b.c"}}],"body":{"contentType":"html","content":"` + body + `"}}`
	items := make([]string, 500)
	for i := range items {
		items[i] = mail
	}
	data := `{"value":[` + strings.Join(items, ",") + `],"@odata.deltaLink":"x"}`
	b.SetBytes(int64(len(data)))
	n := 0
	for b.Loop() {
		s := NewSplitter(strings.NewReader(data), "value")
		for {
			item, err := s.Next()
			if err != nil {
				break
			}
			for name, value := range Members(item) {
				if string(name) == "id" && len(value) > 0 {
					n++
				}
			}
			if Broken(item) {
				b.Fatal("broken")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "us/mail")
}
