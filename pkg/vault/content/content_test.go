package content

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestAttributesRoundTrip(t *testing.T) {
	for _, a := range []Attributes{{}, {Attachments: true}, {WellKnown: "inbox", Hidden: true}, {Hash: "AAAA", CTag: `"c:{1},2"`}} {
		got, err := ParseAttributes(a.Marshal())
		if err != nil || got != a {
			t.Errorf("%+v became %+v, %v", a, got, err)
		}
	}
	if (Attributes{}).Marshal() != nil {
		t.Error("no attributes take room")
	}
	if _, err := ParseAttributes([]byte("{")); !fault.Is(err, fault.Invalid) {
		t.Errorf("broken attributes: %v", err)
	}
}

func TestRecordRoundTrip(t *testing.T) {
	want := Record{"c1", "mail-1", "mail", "1", "ada@example.com"}
	got, err := ParseRecord(want.Marshal())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestSnapshotID(t *testing.T) {
	for id, want := range map[string]uint64{"": 0, "latest": 0, "17": 17} {
		if got, err := ParseSnapshotID(id); err != nil || got != want {
			t.Errorf("%q: %d, %v", id, got, err)
		}
	}
	for _, bad := range []string{"0", "-1", "x"} {
		if _, err := ParseSnapshotID(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was accepted: %v", bad, err)
		}
	}
	if SnapshotID(17) != "17" || Attachment(2) != "attachment/2" || AttachmentContent(0) != "attachment/0/content" {
		t.Error("names changed")
	}
}
