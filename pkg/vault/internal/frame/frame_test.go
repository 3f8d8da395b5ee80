package frame

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
)

func testKey(t testing.TB, vault, unit string, version uint32, fill byte) *Key {
	t.Helper()
	k, err := NewKey(vault, unit, version, bytes.Repeat([]byte{fill}, SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func text(seed int64, size int) []byte {
	r := rand.New(rand.NewSource(seed))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "<p>word%d of %d</p>", r.Intn(900), r.Intn(50))
	}
	return b.Bytes()[:size]
}

func TestAFrameOpensInItsPlaceAlone(t *testing.T) {
	k := testKey(t, "v", "u", 1, 1)
	at := Place{object.Pack, object.ID{Seq: 3, Random: 9}, 12}
	sealed := k.Seal(nil, at, Stored([]byte("payload")))
	if p, err := k.Open(at, bytes.Clone(sealed)); err != nil || string(p.Data) != "payload" {
		t.Fatalf("%q, %v", p.Data, err)
	}
	for name, try := range map[string]func() (Packed, error){
		"another letter": func() (Packed, error) { return k.Open(Place{object.Segment, at.Object, 12}, bytes.Clone(sealed)) },
		"another object": func() (Packed, error) {
			return k.Open(Place{object.Pack, object.ID{Seq: 3, Random: 8}, 12}, bytes.Clone(sealed))
		},
		"another place":   func() (Packed, error) { return k.Open(Place{object.Pack, at.Object, 13}, bytes.Clone(sealed)) },
		"another vault":   func() (Packed, error) { return testKey(t, "w", "u", 1, 1).Open(at, bytes.Clone(sealed)) },
		"another unit":    func() (Packed, error) { return testKey(t, "v", "x", 1, 1).Open(at, bytes.Clone(sealed)) },
		"another version": func() (Packed, error) { return testKey(t, "v", "u", 2, 1).Open(at, bytes.Clone(sealed)) },
		"another secret":  func() (Packed, error) { return testKey(t, "v", "u", 1, 2).Open(at, bytes.Clone(sealed)) },
		"nothing":         func() (Packed, error) { return k.Open(at, nil) },
	} {
		if _, err := try(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 1
		if _, err := k.Open(at, flipped); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
	}
}

func TestIDsSurviveRotationAndTellUnitsApart(t *testing.T) {
	one, rotated := bytes.Repeat([]byte{1}, SecretSize), bytes.Repeat([]byte{1}, SecretSize)
	copy(rotated, bytes.Repeat([]byte{7}, 32))
	a, err := NewKey("v", "u", 1, one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewKey("v", "u", 2, rotated)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("the same bytes")
	if a.Sum(data) != b.Sum(data[:3], data[3:]) || a.Cutting != b.Cutting {
		t.Error("ids change with the version")
	}
	if a.Sum(data) == testKey(t, "v", "u", 1, 2).Sum(data) {
		t.Error("ids of two units are the same")
	}
}

func TestDictionariesExpandAsTheyCompress(t *testing.T) {
	for _, size := range []int{8, 1000, 64 << 10, MaxDictionary} {
		d, err := NewDictionary(3, text(1, size))
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []int{40, 255, 256, 300, 5000, 32 << 10} {
			data := append(text(int64(length), length-20), d.Content()[:8]...)
			p := Compress(nil, data, d)
			got, err := p.Expand(func(n byte) (*Dictionary, error) {
				if n != 3 {
					t.Errorf("dictionary %d", n)
				}
				return d, nil
			})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("dictionary %d, data %d: %d bytes, %v", size, length, len(got), err)
			}
			if p.Codec != codecDictionary {
				continue
			}
			reference, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(0, d.Content()))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := reference.DecodeAll(p.Data, nil); err != nil || !bytes.Equal(got, data) {
				t.Errorf("another decoder: %d bytes, %v", len(got), err)
			}
			reference.Close()
		}
	}
	if _, err := NewDictionary(1, make([]byte, MaxDictionary+1)); !errors.Is(err, ErrDamaged) {
		t.Errorf("too long: %v", err)
	}
}

// The zstd tool can read what a vault holds, with dictionaries too: an offline reader needs it.
func TestTheToolReadsFrames(t *testing.T) {
	tool, err := exec.LookPath("zstd")
	if err != nil {
		t.Logf("no zstd tool here: %v", err)
		return
	}
	d, err := NewDictionary(1, text(1, 64<<10))
	if err != nil {
		t.Fatal(err)
	}
	data := text(2, 30_000)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"d": d.Content(), "f.zst": Compress(nil, data, d).Data} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := exec.CommandContext(t.Context(), tool, "-dc", "-D", filepath.Join(dir, "d"), filepath.Join(dir, "f.zst")).Output()
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestWhatDoesNotShrinkIsStored(t *testing.T) {
	noise := make([]byte, 300_000)
	rand.New(rand.NewSource(1)).Read(noise)
	half := append(bytes.Clone(noise[:100_000]), []byte(strings.Repeat("x", 200_000))...)
	for name, p := range map[string]Packed{"noise": Compress(nil, noise, nil), "noise probed": CompressProbing(nil, noise), "noise first": CompressProbing(nil, half)} {
		if p.Codec != codecStored {
			t.Errorf("%s: codec %d", name, p.Codec)
		}
	}
	if p := CompressProbing(nil, half[100_000:]); p.Codec != codecZstd {
		t.Errorf("text: codec %d", p.Codec)
	}
}

func FuzzExpand(f *testing.F) {
	d, err := NewDictionary(1, text(1, 4096))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(Compress(nil, text(2, 3000), d).Data, byte(codecDictionary))
	f.Add(Compress(nil, text(2, 3000), nil).Data, byte(codecZstd))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x20}, byte(codecDictionary))
	f.Fuzz(func(t *testing.T, data []byte, codec byte) {
		Packed{Codec: codec, Dictionary: 1, Data: data}.Expand(func(byte) (*Dictionary, error) { return d, nil })
	})
}
