package pack

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
)

func blocks() [][]Payload {
	a, b := &Owner{"inbox", "1", "item"}, &Owner{"sent", "2", "content"}
	return [][]Payload{
		{{Length: 10, Owner: a, Role: MailRest, Number: 5}, {Length: 20, Owner: a, Role: MailBody}, {Length: 3, Owner: b}},
		{{Length: 99, Role: Dictionary, Number: 1}},
		{{Length: 1 << 20, Owner: b, Role: Chunk, Number: 4000}},
	}
}

func build(t testing.TB) (data, footer []byte, want []Block) {
	t.Helper()
	key, err := frame.NewKey("v", "u", 1, make([]byte, frame.SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(key)
	b.Reset(object.ID{Seq: 1, Random: 2})
	for _, payloads := range blocks() {
		offset, length := b.Add(frame.Stored([]byte("block")), payloads)
		want = append(want, Block{offset, length, payloads})
	}
	data = b.Finish()
	at := len(data) - 4 - int(binary.LittleEndian.Uint32(data[len(data)-4:]))
	packed, err := key.Open(frame.Place{Letter: object.Pack, Object: b.ID(), Offset: uint64(at)}, append([]byte{}, data[at:len(data)-4]...))
	if err != nil {
		t.Fatal(err)
	}
	if footer, err = packed.Expand(frame.NoDictionary); err != nil {
		t.Fatal(err)
	}
	return data, footer, want
}

func TestAFooterSaysWhoseEveryPayloadIs(t *testing.T) {
	_, footer, want := build(t)
	got, err := ParseFooter(footer)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func FuzzParseFooter(f *testing.F) {
	_, footer, _ := build(f)
	f.Add(footer)
	f.Fuzz(func(_ *testing.T, raw []byte) { ParseFooter(raw) })
}
