package drive_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/backuptest"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/drive"
)

func run(v *backuptest.Vault, f *fake, id string, ending backuptest.Ending, options drive.Options) (vault.Snapshot, error) {
	options.ID = id
	return v.Run(id, ending, func(ctx context.Context, sink backup.Sink, progress *backup.Progress) error {
		return drive.Back(ctx, f, sink, options, progress)
	})
}

func must(t *testing.T, v *backuptest.Vault, f *fake, id string, options drive.Options) vault.Snapshot {
	t.Helper()
	snapshot, err := run(v, f, id, backuptest.Killed, options)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func same(t *testing.T, v *backuptest.Vault, f *fake) {
	t.Helper()
	if diff := cmp.Diff(f.expected(), v.Contents()); diff != "" {
		t.Error(diff)
	}
}

// furnished is a drive with some of everything; a file comes before the folder that it is in.
func furnished() *fake {
	f := newFake()
	f.file("early", "early.txt", "docs", "comes before its folder")
	f.folder("docs", "Documents", "root")
	f.folder("old", "Old", "docs")
	for i := range 6 {
		f.file(fmt.Sprint("f", i), fmt.Sprint(i, ".txt"), "old", fmt.Sprint("content ", i))
	}
	f.file("con", `CON: <what "no file system" takes>|?*`, "root", "odd name")
	f.file("tmp", "scratch.TMP", "root", "left over")
	f.file("big", "film.mp4", "root", "a very long content, as films have it")
	return f
}

// aDay changes some of everything.
func aDay(f *fake, day int) {
	f.file("f1", "renamed.txt", "docs", "content 1")
	f.file("f2", "2.txt", "old", fmt.Sprint("content 2, edited on day ", day))
	f.file("f2", "2.txt", "old", fmt.Sprint("content 2, edited twice on day ", day))
	f.delete("f3")
	f.folder("old", "Older", "docs")
	f.file(fmt.Sprint("new", day), "new.txt", "docs", fmt.Sprint("new on day ", day))
}

func TestFullThenIncremental(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	if first := must(t, v, f, "1", drive.Options{}); first.Counts.Added != 13 || first.Partial {
		t.Errorf("%+v", first.Counts)
	}
	same(t, v, f)
	aDay(f, 1)
	downloads := f.downloads
	must(t, v, f, "2", drive.Options{})
	same(t, v, f)
	if f.downloads-downloads > 3 { // f2, perhaps twice, and the new one; not what was renamed
		t.Errorf("%d downloads", f.downloads-downloads)
	}
	calls := f.calls
	if third := must(t, v, f, "3", drive.Options{}); third.Counts.Added+third.Counts.Changed+third.Counts.Deleted != 0 {
		t.Errorf("%+v", third.Counts)
	}
	if f.calls-calls != 1 {
		t.Errorf("%d calls for an unchanged drive", f.calls-calls)
	}
}

func TestContentIsKnownByItsTagWithoutAHash(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	f.noHash = true
	must(t, v, f, "1", drive.Options{})
	f.file("f1", "renamed.txt", "docs", "content 1")
	downloads := f.downloads
	must(t, v, f, "2", drive.Options{})
	same(t, v, f)
	if f.downloads != downloads {
		t.Error("a renamed file was downloaded")
	}
}

func TestLostLinksLeadToTheSameState(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", drive.Options{})
	aDay(f, 1)
	f.expired = len(f.history)
	downloads := f.downloads
	must(t, v, f, "2", drive.Options{})
	same(t, v, f)
	if f.downloads-downloads > 3 {
		t.Errorf("%d downloads of what is stored", f.downloads-downloads)
	}
}

func TestWhatWasInADeletedFolderGoes(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", drive.Options{})
	f.file("f0", "0.txt", "root", "content 0") // moved out before
	f.deleteTree("old")
	must(t, v, f, "2", drive.Options{})
	same(t, v, f)
}

func TestAnotherDriveInTheSamePlace(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", drive.Options{})
	other := newFake()
	other.id = "d2"
	other.file("x", "x.txt", "root", "of the new drive")
	must(t, v, other, "2", drive.Options{})
	same(t, v, other)
}

func TestExclusionsApplyToWhatIsStoredToo(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", drive.Options{})
	must(t, v, f, "2", drive.Options{Patterns: []string{"*.tmp"}, MaxBytes: 30})
	contents := v.Contents()
	for _, id := range []string{"drive/tmp", "drive/big"} {
		if _, there := contents[id]; there {
			t.Errorf("%s is there", id)
		}
	}
	if len(contents) != len(f.expected())-2 {
		t.Errorf("%d items", len(contents))
	}
	must(t, v, f, "3", drive.Options{})
	same(t, v, f)
}

func TestAFailureCostsItsFileOnlyAndIsTriedFirst(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	f.unreadable["f4"] = fault.New(fault.Unsupported, "download", "infected", fault.Reason("GRAPH_MALWARE"))
	snapshot := must(t, v, f, "1", drive.Options{})
	if diff := cmp.Diff(map[string]string{"drive/f4": "unsupported"}, v.Failures()); diff != "" || !snapshot.Partial {
		t.Error(diff, snapshot)
	}
	delete(f.unreadable, "f4")
	snapshot = must(t, v, f, "2", drive.Options{})
	same(t, v, f)
	if len(v.Failures()) != 0 || snapshot.Partial {
		t.Error(v.Failures(), snapshot)
	}
}

func TestAnEditedFileThatCannotBeReadKeepsItsOldContent(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", drive.Options{})
	before := v.Contents()["drive/f5"]
	f.file("f5", "5.txt", "old", "edited")
	f.unreadable["f5"] = fault.New(fault.Transient, "download", "locked", fault.Reason("GRAPH_FILE_LOCKED"))
	must(t, v, f, "2", drive.Options{})
	if got := v.Contents()["drive/f5"]; got != before {
		t.Error(got)
	}
}

// TestCutOffAnywhere cuts a first run and an incremental one off at every call, killed or saved, and
// lets another attempt of the same run finish it.
func TestCutOffAnywhere(t *testing.T) {
	for name, ending := range map[string]backuptest.Ending{"killed": backuptest.Killed, "saved": backuptest.Saved} {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", full ", full), func(t *testing.T) {
				for at := 1; cutOff(t, at, ending, drive.Options{Run: backup.Run{Full: full}}); at++ {
				}
			})
		}
	}
}

func cutOff(t *testing.T, at int, ending backuptest.Ending, options drive.Options) (cut bool) {
	v, f := backuptest.New(t), furnished()
	for round := range 2 {
		id, began := fmt.Sprint("run", round), f.calls
		f.fail = func(call int, _ string) error {
			if call-began == at {
				return fault.As(fault.Cancelled, "call", errCrash)
			}
			return nil
		}
		if _, err := run(v, f, id, ending, options); errors.Is(err, errCrash) {
			cut, f.fail = true, nil
			f.file("between", "between.txt", "docs", fmt.Sprint("came between attempts of round ", round))
			must(t, v, f, id, options)
		} else if err != nil {
			t.Fatal(err)
		}
		f.fail = nil
		if diff := cmp.Diff(f.expected(), v.Contents()); diff != "" {
			t.Fatalf("cut off at call %d of round %d: %s", at, round, diff)
		}
		aDay(f, round)
	}
	return cut
}
