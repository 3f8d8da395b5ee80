package head

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

func full() *Head {
	record := Record{Seq: 8, Time: time.UnixMilli(1_700_000_000_123).UTC(), Kind: Snapshot, Partial: true, Hash: Hash{1, 2}, Run: "run", Note: "note",
		Counts: Counts{1, 2, 3, 4, 5, 6, 7, 8}, Previous: 7}
	carrier := object.Carrier{ID: object.ID{Seq: 4, Random: 1 << 60}, Version: 2, Length: 1000, Head: 4, Offset: 12}
	return &Head{
		Version: 2, Seq: 9, Parent: Hash{9}, Kind: Checkpoint, Run: "run 2", Time: time.UnixMilli(-5).UTC(), Resource: []byte("mailbox"), Inlined: 5,
		Segments:     []segment.Ref{{Carrier: carrier, Table: segment.Blobs, Rows: 10, Footer: 99, MinSeq: 1, MaxSeq: 4, MinKey: []byte("a"), MaxKey: []byte("z")}},
		Dictionaries: []Dictionary{{Number: 1, ID: frame.ID{3}, Length: 65536}}, Self: record, Snapshots: []Record{record, record},
		Dead: []Dead{{Carrier: carrier, Letter: object.Pack, Seq: 3, Time: time.UnixMilli(7).UTC()}}, Seals: 12345,
	}
}

func TestEverythingInAHeadComesBack(t *testing.T) {
	key, err := frame.NewKey("v", "u", 2, make([]byte, frame.SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	keyOf := func(version uint32) (*frame.Key, error) {
		if version != 2 {
			t.Errorf("key version %d", version)
		}
		return key, nil
	}
	raw := full().Encode(key, []byte("12345"))
	if string(raw[object.HeaderSize:object.HeaderSize+5]) != "12345" {
		t.Error("inlined objects are elsewhere")
	}
	got, err := Decode(bytes.Clone(raw), 9, keyOf)
	if diff := cmp.Diff(full(), got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := Decode(bytes.Clone(raw), 10, keyOf); err == nil {
		t.Error("a head passes for its successor")
	}
	for cut := range raw {
		if _, err := Decode(bytes.Clone(raw[:cut]), 9, func(uint32) (*frame.Key, error) { return key, nil }); err == nil {
			t.Fatalf("cut at %d", cut)
		}
	}
}

// Fields that a later version adds at the end are passed over.
func TestALongerBodyIsRead(t *testing.T) {
	want := full()
	want.Version = 0 // from the header
	got, err := parse(append(full().body(), 1, 2, 3))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full().body())
	f.Fuzz(func(t *testing.T, body []byte) {
		if h, err := parse(body); err == nil {
			if _, err := parse(h.body()); err != nil {
				t.Errorf("what was parsed is not parsed again: %v", err)
			}
		}
	})
}
