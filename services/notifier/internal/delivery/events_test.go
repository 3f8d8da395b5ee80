package delivery

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestCheckEvents(t *testing.T) {
	for name, next := range map[string]string{
		"backup-fialed":   "perhaps you mean backup-failed",
		"user.provisoned": "perhaps you mean user-provisioned",
		"backup":          "perhaps you mean backup-requested, backup-started",
		"mailbox-failed":  "perhaps you mean backup-failed",
		"NONSENSE":        "docs/events.md lists all events",
		"":                "docs/events.md lists all events",
	} {
		err := CheckEvents([]string{"backup-failed", name})
		if !fault.Is(err, fault.Invalid) || fault.ReasonOf(err) != "EVENT_UNKNOWN" || !strings.HasPrefix(fault.NextOf(err), next) {
			t.Errorf("%q: %v, next %q", name, err, fault.NextOf(err))
		}
	}
	if err := CheckEvents(Events); err != nil {
		t.Error(err)
	}
}

// The table of docs/events.md is this list.
func TestTheListOfEventsIsWhatIsPromised(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| Kind | Message | Facts |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var promised []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		for kind := range strings.SplitSeq(cells[1], ",") {
			for fact := range strings.SplitSeq(cells[3], ",") {
				if word := strings.TrimSpace(fact); strings.HasPrefix(word, "`") {
					promised = append(promised, strings.Trim(word, "`"))
				} else {
					promised = append(promised, strings.Trim(strings.TrimSpace(kind), "`")+"-"+word)
				}
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(Events)), slices.Sorted(slices.Values(promised))); diff != "" {
		t.Error(diff)
	}
}

// Every fact that an outbox names can be watched.
func TestEveryFactIsInTheListOfEvents(t *testing.T) {
	kinds := map[string]bool{}
	for _, event := range Events {
		kind, _, _ := strings.Cut(event, "-")
		kinds[kind] = true
	}
	fact := regexp.MustCompile(`"([a-z]+)-[a-z]+"`)
	err := filepath.WalkDir("../../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "/outbox/") || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range fact.FindAllStringSubmatch(string(text), -1) {
			if name := strings.Trim(match[0], `"`); kinds[match[1]] && !slices.Contains(Events, name) && !strings.HasSuffix(name, "-worker") {
				t.Errorf("%s names %s, which nobody can watch", path, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
