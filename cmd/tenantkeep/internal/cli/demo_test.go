package cli

import (
	"strings"
	"testing"
)

func TestDemoProvesThatEverythingIsBack(t *testing.T) {
	status, out, errors := tenantkeep(t.Context(), "demo", "--users", "2", "--mails", "60", "--files", "12")
	if status != exitDone || !strings.Contains(out, "are back as they were") {
		t.Fatalf("status %d\n%s\n%s", status, out, errors)
	}
}

func TestDemoNoticesSabotage(t *testing.T) {
	for _, what := range []string{"byte", "flag", "drop"} {
		t.Run(what, func(t *testing.T) {
			status, out, errors := tenantkeep(t.Context(), "demo", "--users", "1", "--mails", "40", "--files", "4", "--sabotage", what)
			if status != exitFailed || !strings.Contains(out, "lost or altered: mail ") {
				t.Fatalf("status %d\n%s\n%s", status, out, errors)
			}
		})
	}
}
