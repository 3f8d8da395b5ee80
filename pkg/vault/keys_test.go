package vault_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// rotating is keys whose newest version can be raised.
type rotating struct{ newest uint32 }

func (r *rotating) Create(ctx context.Context, unit vault.UnitID) (vault.Key, error) {
	return r.Open(ctx, unit, r.newest)
}

func (r *rotating) Open(_ context.Context, _ vault.UnitID, version uint32) (vault.Key, error) {
	if version == 0 || version > r.newest {
		return vault.Key{}, fault.New(fault.NotFound, "open key", "there is no such version")
	}
	secret := append(bytes.Repeat([]byte{byte(version)}, 32), bytes.Repeat([]byte{99}, 32)...)
	return vault.Key{Version: version, Secret: secret}, nil
}

func TestAfterARotationOldAndNewAreRead(t *testing.T) {
	keys := &rotating{newest: 1}
	b := newBench(t)
	b.keys = keys
	var items []vault.Item
	for n := range 60 {
		items = append(items, message("inbox", n, 1, 5000))
	}
	s := b.begin(b.open(), "one")
	b.put(s, items...)
	b.commit(s)

	keys.newest = 2
	s = b.begin(b.open(), "two")
	again := message("inbox", 1, 1, 5000) // known content under another id
	again.ID = "copy"
	fresh := message("inbox", 500, 1, 100)
	b.put(s, again, fresh)
	if two := b.commit(s); two.Counts.BytesStored > 2500 {
		t.Errorf("content was stored again: %d bytes", two.Counts.BytesStored)
	}
	same(t, "after the rotation", want(append(items, again, fresh)...), contents(t, b.open(), 0))
	report, err := b.open().Verify(t.Context(), unit, 0, nil)
	if err != nil || len(report.Damages) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestPins(t *testing.T) {
	b := newBench(t)
	v := b.open()
	if _, err := v.Pin(t.Context(), unit, 0, "restore-1", time.Hour); !fault.Is(err, fault.NotFound) {
		t.Errorf("pin of nothing: %v", err)
	}
	s := b.begin(v, "one")
	b.put(s, message("inbox", 1, 1, 100))
	b.commit(s)
	release, err := v.Pin(t.Context(), unit, 0, "restore-1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pins := func() (n int) {
		for _, name := range names(t, b.store) {
			if strings.Contains(name, "/pin/restore-1-") {
				n++
			}
		}
		return n
	}
	if pins() != 1 {
		t.Error("there is no pin")
	}
	if err := release(t.Context()); err != nil || pins() != 0 {
		t.Errorf("release: %v, %d pins left", err, pins())
	}
}

func TestUnitsAreListedAndApart(t *testing.T) {
	b := newBench(t)
	v := b.open()
	for _, id := range []vault.UnitID{"b", "a-1", "a"} {
		s, err := v.Begin(t.Context(), id, vault.Run{ID: "run"})
		if err != nil {
			t.Fatal(err)
		}
		b.put(s, message("inbox", 1, 1, 100))
		b.commit(s)
	}
	var list []vault.UnitID
	for id, err := range v.Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, id)
	}
	if len(list) != 3 || list[0] != "a-1" || list[1] != "a" || list[2] != "b" {
		t.Errorf("units %v", list)
	}
	if _, err := v.Begin(t.Context(), "Not/A/Unit", vault.Run{ID: "run"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}
