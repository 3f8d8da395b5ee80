package vault

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

func everyForm() ([]PartInfo, []content) {
	p := func(n byte) piece { return piece{frame.ID{n}, uint64(n)} }
	return []PartInfo{{"inline", 3}, {"whole", 1}, {"mail", 5}, {"chunks", 6}, {"list", 1 << 40}},
		[]content{{form: formInline, inline: []byte("abc")}, {form: formWhole, pieces: []piece{p(1)}},
			{form: formMail, cut: 1, pieces: []piece{p(2), p(3)}}, {form: formChunks, pieces: []piece{p(1), p(2), p(3)}},
			{form: formList, pieces: []piece{p(9)}}}
}

func TestAnItemsRowComesBack(t *testing.T) {
	parts, contents := everyForm()
	meta := Meta{
		Ref: Ref{"in\x00box", "id"}, Kind: KindEvent, Name: "Name", Parent: "parent", Size: -1,
		Modified: time.UnixMilli(-1_000).UTC(), Columns: map[string]string{"a": "1", "b": ""}, Attributes: []byte{0, 1},
	}
	got, err := parseEntry(segment.Row{Key: itemKey(meta.Ref), Value: itemValue(&meta, parts, contents), Seq: 4})
	want := Entry{Meta: meta, Seq: 4, Parts: parts, contents: contents}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Entry{}, content{}, piece{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func FuzzParseEntry(f *testing.F) {
	parts, contents := everyForm()
	f.Add(itemValue(&Meta{Name: "n", Columns: map[string]string{"a": "b"}}, parts, contents))
	f.Fuzz(func(t *testing.T, value []byte) {
		key := row.Key(row.Item, "c", "i")
		e, err := parseEntry(segment.Row{Key: key, Value: value})
		if err != nil {
			return
		}
		again, err := parseEntry(segment.Row{Key: key, Value: itemValue(&e.Meta, e.Parts, e.contents)})
		if diff := cmp.Diff(e, again, cmp.AllowUnexported(Entry{}, content{}, piece{})); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
