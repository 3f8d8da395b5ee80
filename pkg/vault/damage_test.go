package vault_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// altered is a store in which one object reads differently.
type altered struct {
	vault.Backend
	name string
	data []byte // nil: the object is missing
}

func (a altered) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if name != a.name {
		return a.Backend.Read(ctx, name, offset, length)
	}
	if a.data == nil {
		return nil, fault.New(fault.NotFound, "read object", "there is none")
	}
	if length < 0 {
		length = max(0, int64(len(a.data))-offset)
	}
	if offset+length > int64(len(a.data)) {
		return nil, fault.New(fault.Invalid, "read object", "it ends before")
	}
	return bytes.Clone(a.data[offset : offset+length]), nil
}

// damageable is a store with packs and segments of their own, and with inlined ones.
func damageable(t *testing.T) *bench {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "one")
	noise := rand.New(rand.NewSource(5))
	for n := range items {
		item := message("inbox", n, 1, 50)
		item.Attributes = make([]byte, 1500)
		noise.Read(item.Attributes)
		b.put(s, item)
	}
	b.put(s, vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: "files", ID: "1"}}, Parts: []vault.Part{{Name: "content", Body: pattern(3 << 20)}}})
	b.commit(s)
	s = b.begin(v, "two")
	for n := range 8 {
		b.put(s, message("inbox", 10000+n, 1, 3000))
	}
	b.commit(s)
	return b
}

const items = 1000

func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	b := damageable(t)
	clean, err := b.open().Verify(t.Context(), unit, 0, nil)
	if err != nil || len(clean.Damages) > 0 || clean.Items != items+9 || clean.Packs < 2 {
		t.Fatalf("before: %+v, %v", clean, err)
	}
	for _, name := range names(t, b.store) {
		if name == "vault" {
			continue
		}
		data, err := b.store.Read(t.Context(), name, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range places(len(data)) {
			flipped := bytes.Clone(data)
			flipped[at] ^= 0x10
			if !finds(t, b, altered{b.store, name, flipped}) && !superseded(b, name, at, data) {
				t.Errorf("%s: byte %d of %d was flipped, and nobody noticed", name, at, len(data))
			}
		}
		if strings.Contains(name, "/head/") {
			continue // a missing newest head is an older vault: whoever remembers the seq notices
		}
		if !finds(t, b, altered{b.store, name, nil}) {
			t.Errorf("%s is missing, and nobody noticed", name)
		}
		if !finds(t, b, altered{b.store, name, data[:len(data)-1]}) {
			t.Errorf("%s was cut, and nobody noticed", name)
		}
	}
}

// places are the ends of an object, where every byte has its own meaning, and a sample between.
func places(size int) (at []int) {
	for i := 0; i < size; i += max(1, size/12) {
		at = append(at, i)
	}
	for i := range min(13, size) {
		at = append(at, i, size-1-i)
	}
	return at
}

// superseded tells whether a place is one that the newest snapshot does not need: header and body
// of a head that has a successor. What such a head inlines is needed.
func superseded(b *bench, name string, at int, data []byte) bool {
	newest := ""
	for o := range b.store.List(context.Background(), "unit/"+string(unit)+"/head/", "", 1) {
		newest = o.Name
	}
	body := len(data) - 4 - int(binary.LittleEndian.Uint32(data[len(data)-4:]))
	return strings.Contains(name, "/head/") && name != newest && (at < 12 || at >= body)
}

func finds(t *testing.T, b *bench, store vault.Backend) bool {
	t.Helper()
	report, err := b.openOn(store).Verify(t.Context(), unit, 0, nil)
	if err != nil && fault.ReasonOf(err) != vault.Damaged && fault.KindOf(err) != fault.NotFound {
		t.Errorf("an error that doesn't say damage: %v", err)
	}
	return err != nil || len(report.Damages) > 0
}

func TestVerifyNamesTheItemsThatAreDamaged(t *testing.T) {
	b := damageable(t)
	var pack string
	for _, name := range names(t, b.store) {
		if strings.Contains(name, "/pack/") {
			pack = name
		}
	}
	data, err := b.store.Read(t.Context(), pack, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	v := b.openOn(altered{b.store, pack, data})
	calls := 0
	report, err := v.Verify(t.Context(), unit, 0, func(p vault.VerifyProgress) {
		if calls++; p.Items != int64(calls) || p.Total != items+9 {
			t.Errorf("progress %+v", p)
		}
	})
	if err != nil || len(report.Damages) != 1 || calls != items+9 {
		t.Fatalf("%+v, %v", report, err)
	}
	d := report.Damages[0]
	if d.Container != "files" || d.Part != "content" || fault.ReasonOf(d.Cause) != vault.Damaged || fault.NextOf(d.Cause) == "" {
		t.Errorf("%+v", d)
	}
}

func TestAStoreThatOverwritesIsRefused(t *testing.T) {
	b := newBench(t)
	_, err := vault.Open(t.Context(), vault.Config{ID: "v", Backend: overwriting{b.store}, Keys: b.keys})
	if !fault.Is(err, fault.Precondition) || fault.ReasonOf(err) != vault.UnsafeStore {
		t.Errorf("%v", err)
	}
	b.open()
	_, err = vault.Open(t.Context(), vault.Config{ID: "w", Backend: b.store, Keys: b.keys})
	if fault.ReasonOf(err) != vault.OtherVault {
		t.Errorf("another vault: %v", err)
	}
}

type overwriting struct{ vault.Backend }

func (o overwriting) Create(ctx context.Context, name string, data []byte) error {
	if err := o.Backend.Delete(ctx, name); err != nil {
		return err
	}
	return o.Backend.Create(ctx, name, data)
}
