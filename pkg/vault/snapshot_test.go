package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	chacha "math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

func TestEveryShapeOfPartComesBack(t *testing.T) {
	b := newBench(t)
	v := b.open()
	r := rand.New(rand.NewSource(1))
	noise := func(n int) []byte {
		data := make([]byte, n)
		r.Read(data)
		return data
	}
	mail := func(n int) []byte { return message("f", 1, 1, n).Parts[0].Data }
	shapes := map[string][]byte{
		"nothing": nil, "a byte": {7}, "inline": noise(64), "just not inline": noise(65), "small": noise(3000),
		"shares a block": noise(32 << 10), "own block": noise(32<<10 + 1), "largest block": noise(1 << 20), "cut": noise(1<<20 + 1),
		"cut into many": noise(9 << 20), "zeros": make([]byte, 6<<20),
		"mail": mail(6000), "mail with a large body": mail(200_000), "huge mail": mail(3 << 20),
		"mail with an escaped end": []byte(`{"body":{"content":"` + strings.Repeat(`say \"hi\" \\\\`, 800) + `\\"},"isRead":true}`),
		"mail without an end":      []byte(`{"body":{"content":"` + strings.Repeat("x", 6000)),
		"body twice":               []byte(`{"body":{"content":"` + strings.Repeat("x", 6000) + `"},"y":"\"body\":{\"content\":\"","body":{"content":""}}`),
	}
	s := b.begin(v, "r1")
	for name, data := range shapes {
		for _, how := range []string{"bytes", "stream"} {
			part := vault.Part{Name: "content", Data: data}
			if how == "stream" {
				part = vault.Part{Name: "content", Body: iotest.HalfReader(bytes.NewReader(data)), Size: int64(len(data))}
			}
			item := vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: how, ID: name}}, Parts: []vault.Part{part}}
			if change, err := s.Put(t.Context(), item); err != nil || change != vault.Added {
				t.Fatalf("%s as %s: %v, %v", name, how, change, err)
			}
		}
	}
	snapshot := b.commit(s)
	if snapshot.Counts.Items != int64(2*len(shapes)) || snapshot.Counts.Added != snapshot.Counts.Items {
		t.Errorf("counts %+v", snapshot.Counts)
	}
	view, err := b.open().At(t.Context(), unit, 0)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range view.Walk(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		body, err := view.Open(t.Context(), e, "content")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(body, 100)))
		rest, err2 := io.ReadAll(body)
		if got = append(got, rest...); err != nil || err2 != nil || !bytes.Equal(got, shapes[e.ID]) || e.Parts[0].Size != int64(len(got)) {
			t.Errorf("%v: %d bytes, want %d; %v, %v", e.Ref, len(got), len(shapes[e.ID]), err, err2)
		}
	}
	report, err := v.Verify(t.Context(), unit, 0, nil)
	if err != nil || len(report.Damages) > 0 || report.Items != snapshot.Counts.Items || report.Bytes != snapshot.Counts.BytesRead {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func TestManyChunksAreListedApart(t *testing.T) {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "r1")
	size := int64(100 << 20)
	item := vault.Item{Meta: vault.Meta{Ref: vault.Ref{ID: "big"}}, Parts: []vault.Part{{Name: "content", Body: pattern(size), Size: size}}}
	b.put(s, item)
	b.commit(s)
	view, err := v.At(t.Context(), unit, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, err := view.Lookup(t.Context(), item.Ref)
	if err != nil {
		t.Fatal(err)
	}
	body, err := view.Open(t.Context(), e, "content")
	if err != nil {
		t.Fatal(err)
	}
	if !sameBytes(t, body, pattern(size)) {
		t.Error("another content")
	}
}

// pattern is a stream of that length in which no two stretches are alike.
func pattern(size int64) io.Reader { return io.LimitReader(chacha.NewChaCha8([32]byte{9}), size) }

func sameBytes(t *testing.T, a, b io.Reader) bool {
	x, y := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(a, x)
		m, err2 := io.ReadFull(b, y)
		if !bytes.Equal(x[:n], y[:m]) || !errors.Is(err2, err) {
			t.Logf("%d and %d bytes, %v and %v", n, m, err, err2)
			return false
		}
		if err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

func TestSnapshotsStayAsTheyWere(t *testing.T) {
	b := newBench(t)
	v := b.open()
	first := []vault.Item{folder("inbox"), message("inbox", 1, 1, 5000), message("inbox", 2, 1, 100), message("inbox", 3, 1, 9000)}
	s := b.begin(v, "r1")
	b.put(s, first...)
	one := b.commit(s)

	s = b.begin(v, "r2")
	second := []vault.Item{folder("inbox"), message("inbox", 1, 2, 5000), message("inbox", 3, 1, 9000), message("inbox", 4, 1, 300), folder("sent"), message("sent", 5, 1, 10)}
	b.put(s, second...)
	if there, err := s.Delete(t.Context(), vault.Ref{Container: "inbox", ID: "item-00002"}); !there || err != nil {
		t.Fatal(there, err)
	}
	if there, err := s.Delete(t.Context(), vault.Ref{Container: "inbox", ID: "never"}); there || err != nil {
		t.Fatal(there, err)
	}
	two := b.commit(s)

	same(t, "first", want(first...), contents(t, v, one.Seq))
	same(t, "second", want(second...), contents(t, v, two.Seq))
	same(t, "newest", want(second...), contents(t, b.open(), 0))
	wantCounts := vault.Counts{Items: 6, Folders: 2, Added: 3, Changed: 1, Deleted: 1}
	if diff := cmp.Diff(wantCounts, two.Counts, cmpopts.IgnoreFields(vault.Counts{}, "BytesRead", "BytesStored")); diff != "" {
		t.Error(diff)
	}

	changes := map[string]vault.Change{}
	for d, err := range v.Diff(t.Context(), unit, one.Seq, two.Seq) {
		if err != nil {
			t.Fatal(err)
		}
		id := d.After.ID
		if d.Change == vault.Deleted {
			id = d.Before.ID
		}
		changes[id] = d.Change
	}
	wantChanges := map[string]vault.Change{"item-00001": vault.Changed, "item-00002": vault.Deleted, "item-00004": vault.Added, "item-00005": vault.Added, "sent": vault.Added}
	if diff := cmp.Diff(wantChanges, changes); diff != "" {
		t.Error(diff)
	}

	list, err := v.Snapshots(t.Context(), unit)
	if err != nil || len(list) != 2 || list[0].Seq != one.Seq || list[1].Run != "r2" || list[0].Hash != one.Hash || list[1].Hash != two.Hash {
		t.Errorf("snapshots %+v, %v", list, err)
	}
	head, err := v.Head(t.Context(), unit)
	if err != nil || head.Hash != two.Hash || string(head.Record) != "mailbox" {
		t.Errorf("head %+v, %v", head, err)
	}
}

func TestUnchangedItemsCostNothing(t *testing.T) {
	b := newBench(t)
	v := b.open()
	var items []vault.Item
	for n := range 300 {
		items = append(items, message("inbox", n, 1, 5000))
	}
	s := b.begin(v, "r1")
	b.put(s, items...)
	b.commit(s)

	s = b.begin(v, "r2")
	for _, item := range items {
		if change, err := s.Put(t.Context(), item); change != vault.Unchanged || err != nil {
			t.Fatal(change, err)
		}
	}
	if s.Pending() {
		t.Error("there is something to commit")
	}
	flagged := message("inbox", 7, 2, 5000) // its JSON differs by its flags; give it the body of before
	flagged.Parts[0].Data = bytes.Replace(items[7].Parts[0].Data, []byte(`"isRead":false`), []byte(`"isRead":true`), 1)
	if change, err := s.Put(t.Context(), flagged); change != vault.Changed || err != nil {
		t.Fatal(change, err)
	}
	snapshot := b.commit(s)
	if snapshot.Counts.BytesStored > 2000 || snapshot.Counts.Changed != 1 || snapshot.Counts.Items != 300 {
		t.Errorf("a changed flag: %+v", snapshot.Counts)
	}
}

func TestReuseKeepsContentWithoutReadingIt(t *testing.T) {
	b := newBench(t)
	v := b.open()
	file := vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: "a", ID: "1"}, Name: "old"}, Parts: []vault.Part{{Name: "content", Data: bytes.Repeat([]byte("data"), 1000)}}}
	s := b.begin(v, "r1")
	b.put(s, file)
	b.commit(s)

	s = b.begin(v, "r2")
	moved := file
	moved.Container, moved.Name = "b", "new"
	moved.Parts = []vault.Part{{Name: "content", Reuse: &file.Ref}}
	b.put(s, moved)
	if _, err := s.Delete(t.Context(), file.Ref); err != nil {
		t.Fatal(err)
	}
	lost := moved
	lost.ID, lost.Parts = "2", []vault.Part{{Name: "content", Reuse: &vault.Ref{ID: "never"}}}
	if _, err := s.Put(t.Context(), lost); !fault.Is(err, fault.NotFound) || s.Err() != nil {
		t.Errorf("reuse of nothing: %v; session: %v", err, s.Err())
	}
	b.commit(s)
	moved.Parts = file.Parts
	same(t, "moved", want(moved), contents(t, v, 0))
}

func TestFailuresAreOnRecordUntilTheyAreMadeGood(t *testing.T) {
	b := newBench(t)
	v := b.open()
	bad, worse := vault.Ref{Container: "inbox", ID: "bad"}, vault.Ref{Container: "inbox", ID: "worse"}
	s := b.begin(v, "r1")
	for _, ref := range []vault.Ref{bad, worse} {
		if err := s.Fail(t.Context(), ref, fault.Permission, "the source refused it"); err != nil {
			t.Fatal(err)
		}
	}
	if one := b.commit(s); !one.Partial || one.Counts.Failed != 2 {
		t.Errorf("first: %+v", one)
	}
	s = b.begin(v, "r2")
	if list := s.Failures(); len(list) != 2 || list[0].Ref != bad || list[0].Kind != "permission" || list[0].Attempts != 1 {
		t.Errorf("to retry: %+v", list)
	}
	b.put(s, vault.Item{Meta: vault.Meta{Ref: bad}})
	for range 2 {
		if err := s.Fail(t.Context(), worse, fault.NotFound, "it is gone"); err != nil {
			t.Fatal(err)
		}
	}
	two := b.commit(s)
	view, err := v.At(t.Context(), unit, two.Seq)
	if err != nil {
		t.Fatal(err)
	}
	for f, err := range view.Failures(t.Context()) {
		if err != nil || f.Ref != worse || f.Attempts != 2 || f.Kind != "not found" {
			t.Errorf("%+v, %v", f, err)
		}
	}
	for after, want := range map[string]int{"": 1, "bad": 1, "worse": 0} {
		n := 0
		for _, err := range view.FailuresIn(t.Context(), "inbox", after) {
			if n++; err != nil {
				t.Error(err)
			}
		}
		if n != want {
			t.Errorf("%d failures after %q, not %d", n, after, want)
		}
	}
	s = b.begin(v, "r3")
	if _, err := s.Delete(t.Context(), worse); err != nil {
		t.Fatal(err)
	}
	if three := b.commit(s); !two.Partial || three.Partial || three.Counts.Failed != 0 {
		t.Errorf("second %+v, third %+v", two, three)
	}
}

func TestSearchAndPaging(t *testing.T) {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "r1")
	for n := range 50 {
		b.put(s, message(fmt.Sprintf("f%d", n%2), n, 1, 100))
	}
	b.commit(s)
	view, err := v.At(t.Context(), unit, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for e, err := range view.Search(t.Context(), "SENDER3 subject") {
		if err != nil || e.Columns["from"] != "sender3@contoso.example" {
			t.Errorf("%+v, %v", e, err)
		}
		found++
	}
	if found != 7 {
		t.Errorf("found %d", found)
	}
	var ids []string
	for e := range view.Items(t.Context(), "f0", "item-00040") {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]string{"item-00042", "item-00044", "item-00046", "item-00048"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenStreamsConcernTheirItemAlone(t *testing.T) {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "r1")
	whole := message("inbox", 1, 1, 100)
	b.put(s, whole)
	for name, part := range map[string]vault.Part{
		"cut at the start":  {Body: iotest.ErrReader(io.ErrUnexpectedEOF)},
		"cut in the middle": {Body: io.MultiReader(pattern(3<<20), iotest.ErrReader(io.ErrUnexpectedEOF))},
		"too short":         {Body: pattern(100), Size: 101},
		"too long":          {Body: pattern(3 << 20), Size: 2 << 20},
	} {
		item := vault.Item{Meta: vault.Meta{Ref: vault.Ref{ID: name}}, Parts: []vault.Part{part}}
		if _, err := s.Put(t.Context(), item); !fault.Is(err, fault.Transient) || s.Err() != nil {
			t.Errorf("%s: %v; session: %v", name, err, s.Err())
		}
	}
	b.commit(s)
	same(t, "snapshot", want(whole), contents(t, v, 0))
}

func TestOldSnapshotsRollIntoTheCatalog(t *testing.T) {
	b := newBench(t)
	v := b.open()
	const runs = 150
	for n := range runs {
		s := b.begin(v, fmt.Sprint("r", n))
		b.put(s, message("inbox", n%10, n, 50))
		b.commit(s)
	}
	list, err := v.Snapshots(t.Context(), unit)
	if err != nil || len(list) != runs {
		t.Fatalf("%d snapshots, %v", len(list), err)
	}
	for i, s := range list {
		if s.Seq != uint64(i+1) || s.Run != fmt.Sprint("r", i) {
			t.Fatalf("row %d: %+v", i, s)
		}
	}
	for _, n := range []int{1, 40, 149} {
		e, err := lookup(t, v, uint64(n), message("inbox", (n-1)%10, 0, 0).Ref)
		if err != nil || e.Seq != uint64(n) {
			t.Errorf("at %d: seq %d, %v", n, e.Seq, err)
		}
	}
	if _, err := v.At(t.Context(), unit, 1000); !fault.Is(err, fault.NotFound) {
		t.Errorf("a snapshot that is not: %v", err)
	}
}

func lookup(t *testing.T, v *vault.Vault, seq uint64, ref vault.Ref) (vault.Entry, error) {
	t.Helper()
	view, err := v.At(t.Context(), unit, seq)
	if err != nil {
		t.Fatal(err)
	}
	return view.Lookup(t.Context(), ref)
}
