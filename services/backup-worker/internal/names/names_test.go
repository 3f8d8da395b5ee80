package names

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestNamesRoundTrip(t *testing.T) {
	connection, resource, err := ParseResource(Resource("c1", "mail-1"))
	if err != nil || connection != "c1" || resource != "mail-1" {
		t.Errorf("%q %q %v", connection, resource, err)
	}
	connection, resource, snapshot, err := ParseSnapshot(Snapshot("c1", "mail-1", "17"))
	if err != nil || connection != "c1" || resource != "mail-1" || snapshot != "17" {
		t.Errorf("%q %q %q %v", connection, resource, snapshot, err)
	}
	if _, _, snapshot, err = ParseSnapshot(Resource("c1", "mail-1")); err != nil || snapshot != "" {
		t.Errorf("a resource stands for its newest snapshot: %q %v", snapshot, err)
	}
	if connection, job, err := ParseJob(Job("c1", "j")); err != nil || connection != "c1" || job != "j" {
		t.Errorf("%q %q %v", connection, job, err)
	}
	if profile, err := ParseProfile(Profile("standard")); err != nil || profile != "standard" {
		t.Errorf("%q %v", profile, err)
	}
	if connection, err := ParseParent("connections/-"); err != nil || connection != "" {
		t.Errorf("%q %v", connection, err)
	}
}

func TestOtherTextIsNoName(t *testing.T) {
	for _, text := range []string{"", "connections", "connections/", "connections/a/resources/", "profiles/a", "connections/a.b/resources/c", "connections/a/resources/c/d"} {
		if _, _, err := ParseResource(text); !fault.Is(err, fault.Invalid) || fault.NextOf(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
