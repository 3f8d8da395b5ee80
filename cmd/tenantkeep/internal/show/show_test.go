package show

import (
	"strings"
	"testing"

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
