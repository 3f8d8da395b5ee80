package row

import (
	"bytes"
	"testing"
)

func TestKeysComeBackAndKeepTheOrder(t *testing.T) {
	// In the order of containers, then ids.
	pairs := [][2]string{{"", ""}, {"", "a"}, {"", "\x00"}, {"\x00", "a"}, {"\x00\x01", "a"}, {"a", "\xff"}, {"a\x00", "a"}, {"a\x00b", "a"}, {"aa", "a"}, {"b", ""}}
	for _, p := range pairs {
		class, container, id, err := ParseKey(Key(Item, p[0], p[1]))
		if err != nil || class != Item || container != p[0] || id != p[1] {
			t.Errorf("%q: %c %q %q, %v", p, class, container, id, err)
		}
	}
	for i := range pairs {
		for j := i + 1; j < len(pairs); j++ {
			if pairs[i][0] != pairs[j][0] && bytes.Compare(Key(Item, pairs[i][0], pairs[i][1]), Key(Item, pairs[j][0], pairs[j][1])) >= 0 {
				t.Errorf("%q is not before %q", pairs[i], pairs[j])
			}
			if pairs[i][0] != pairs[j][0] && bytes.HasPrefix(Key(Item, pairs[j][0], "x"), Prefix(Item, pairs[i][0])) {
				t.Errorf("%q passes for a part of %q", pairs[j], pairs[i])
			}
		}
	}
}

func TestAfter(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "i\x00\x01": "i\x00\x02", "\xff\xff": ""} {
		if got := string(After([]byte(prefix))); got != want {
			t.Errorf("after %q: %q", prefix, got)
		}
	}
}

func TestLocations(t *testing.T) {
	want := Location{Pack: 300, Frame: 1 << 40, Length: 9000, Start: 31000, Size: 77}
	if got, err := ParseLocation(want.Append(nil)); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(Key(Item, "a\x00b", "c"))
	f.Fuzz(func(t *testing.T, key []byte) {
		class, container, id, err := ParseKey(key)
		if err == nil && !bytes.Equal(Key(class, container, id), key) {
			t.Errorf("%q is the key of %c %q %q", key, class, container, id)
		}
		ParseLocation(key)
	})
}
