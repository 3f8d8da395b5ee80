package show

import (
	"strings"
	"testing"
	"time"

	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 1_250_000: "1.2 MB", 3 << 30: "3.2 GB", 1 << 62: "4.6 EB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestTableSurvivesHostileText(t *testing.T) {
	var out strings.Builder
	Table(&out, "ID SUBJECT", [][]string{{"1", "line\nbreak\x1b[2J\ttab"}})
	if got := out.String(); strings.Count(got, "\n") != 2 || strings.ContainsAny(got, "\x1b\t") {
		t.Errorf("%q", got)
	}
}

func TestWord(t *testing.T) {
	if got := Word(backupv1.BackupOutcome_BACKUP_OUTCOME_PARTIAL, "BACKUP_OUTCOME_"); got != "partial" {
		t.Error(got)
	}
}

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{6 * time.Hour: "6h", 90 * time.Minute: "1h30m", time.Minute: "1m", 10 * time.Minute: "10m", 75 * time.Second: "1m15s", 0: "0s"} {
		if got := Duration(d); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestJSONHasOneForm(t *testing.T) {
	var out strings.Builder
	message := &authv1.ListConnectionsResponse{Connections: []*authv1.Connection{{Name: "connections/c"}}}
	if err := (Printer{Out: &out, JSON: true}).Message(message, nil); err != nil {
		t.Fatal(err)
	}
	if err := (Printer{Out: &out, JSON: true}).Line(message, nil); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"connections\": [\n    {\n      \"name\": \"connections/c\"\n    }\n  ]\n}\n{\"connections\":[{\"name\":\"connections/c\"}]}\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
