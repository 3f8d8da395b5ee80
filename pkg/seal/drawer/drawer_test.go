package drawer_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/pkg/seal/drawer"
)

func TestValuesLieSealedAndGoForGood(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	ring, err := seal.Open(filepath.Join(t.TempDir(), "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := drawer.Open(t.Context(), js, bus.BucketChannels, "channel", ring)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := d.Put(t.Context(), "c1", []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	if value, err := d.Get(t.Context(), "c1", ref); err != nil || string(value) != "hunter2" {
		t.Errorf("%q, %v", value, err)
	}
	bucket, err := js.KeyValue(t.Context(), bus.BucketChannels)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := bucket.Get(t.Context(), "channel.c1."+ref)
	if err != nil || bytes.Contains(entry.Value(), []byte("hunter2")) {
		t.Errorf("in clear: %q, %v", entry.Value(), err)
	}
	if _, err := bucket.Put(t.Context(), "channel.c2."+ref, entry.Value()); err != nil {
		t.Fatal(err)
	}
	if value, err := d.Get(t.Context(), "c2", ref); fault.ReasonOf(err) != "SEAL_BROKEN" {
		t.Errorf("another's: %q, %v", value, err)
	}
	kept, err := d.Kept(t.Context())
	if err != nil || len(kept) != 2 || kept[0].Owner != "c1" || kept[0].Ref != ref || time.Since(kept[0].Since) > time.Minute {
		t.Errorf("%v, %v", kept, err)
	}
	for range 2 {
		if err := d.Forget(t.Context(), "c1", ref); err != nil {
			t.Error(err)
		}
	}
	if value, err := d.Get(t.Context(), "c1", ref); fault.ReasonOf(err) != "SECRET_LOST" || fault.NextOf(err) == "" {
		t.Errorf("%q, %v", value, err)
	}
	if _, err := drawer.Open(t.Context(), js, "NOWHERE", "x", ring); !fault.Is(err, fault.Precondition) {
		t.Errorf("%v", err)
	}
}
