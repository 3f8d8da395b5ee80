package mailbox_test

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
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/mailbox"
)

func run(v *backuptest.Vault, f *fake, id string, ending backuptest.Ending, options mailbox.Options) (vault.Snapshot, error) {
	options.ID = id
	return v.Run(id, ending, func(ctx context.Context, sink backup.Sink, progress *backup.Progress) error {
		return mailbox.Back(ctx, f, sink, options, progress)
	})
}

func must(t *testing.T, v *backuptest.Vault, f *fake, id string, options mailbox.Options) vault.Snapshot {
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

// furnished is a mailbox with some of everything.
func furnished() *fake {
	f := newFake("Inbox", "Sent", "Empty")
	f.addFolder("Projects", "f-Inbox")
	for i := range 10 {
		f.put("Inbox", fmt.Sprint("in", i), fmt.Sprint("text ", i))
	}
	f.put("Inbox", "in3", "text 3, changed while it was read")
	f.put("Sent", "s1", "attached one")
	f.put("Sent", "s2", "signed one")
	f.put("Sent", "s3", "attached and large one")
	f.put("Projects", "p1", "plain")
	return f
}

// aDay changes some of everything.
func aDay(f *fake) {
	f.put("Inbox", "new", "a new one")
	f.put("Inbox", "in1", "text 1, read")
	f.put("Inbox", "in1", "text 1, read and flagged")
	f.remove("Inbox", "in2")
	f.move("in4", "Inbox", "Projects")
	f.move("s1", "Sent", "Inbox")
	f.put("Sent", "s2", "signed anew")
}

func TestFullThenIncremental(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	first := must(t, v, f, "1", mailbox.Options{})
	same(t, v, f)
	if first.Counts.Added != 18 || first.Partial {
		t.Errorf("%+v", first.Counts)
	}
	aDay(f)
	before := f.calls
	second := must(t, v, f, "2", mailbox.Options{})
	same(t, v, f)
	// a tree, a page of each of the four folders, one more where pages are full, one MIME
	if used := f.calls - before; used > 9 {
		t.Errorf("%d calls for a day", used)
	}
	if c := second.Counts; c.Added != 3 || c.Changed != 2 || c.Deleted != 3 {
		t.Errorf("%+v", c)
	}
}

func TestLostLinksLeadToTheSameState(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", mailbox.Options{})
	aDay(f)
	f.expired = len(f.history) + 1
	f.put("Inbox", "after", "one more") // the round that begins now is not lost
	f.expired = len(f.history)
	must(t, v, f, "2", mailbox.Options{})
	same(t, v, f)
}

func TestFullReadsEverythingAnew(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", mailbox.Options{})
	delete(f.messages["f-Inbox"], "in5") // Graph forgot to say so
	must(t, v, f, "2", mailbox.Options{})
	if cmp.Equal(f.expected(), v.Contents()) {
		t.Fatal("the test has no point")
	}
	snapshot := must(t, v, f, "3", mailbox.Options{Run: backup.Run{Full: true}})
	same(t, v, f)
	if snapshot.Counts.Changed != 0 || snapshot.Counts.Deleted != 1 {
		t.Errorf("what is the same was written again: %+v", snapshot.Counts)
	}
}

// TestCutOffAnywhere cuts a first run and an incremental one off at every call, killed or saved, and
// lets another attempt of the same run finish it.
func TestCutOffAnywhere(t *testing.T) {
	for name, test := range map[string]struct {
		ending  backuptest.Ending
		options mailbox.Options
	}{
		"killed":       {ending: backuptest.Killed},
		"saved":        {ending: backuptest.Saved},
		"killed, full": {ending: backuptest.Killed, options: mailbox.Options{Run: backup.Run{Full: true}}},
		"saved, full":  {ending: backuptest.Saved, options: mailbox.Options{Run: backup.Run{Full: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 1; ; at++ {
				cut := cutOff(t, at, test.ending, test.options)
				if !cut {
					break
				}
			}
		})
	}
}

func cutOff(t *testing.T, at int, ending backuptest.Ending, options mailbox.Options) (cut bool) {
	v, f := backuptest.New(t), furnished()
	for round := range 2 {
		id := fmt.Sprint("run", round)
		began := f.calls
		f.fail = func(call int, _ string) error {
			if call-began == at {
				return fault.As(fault.Cancelled, "call", errCrash)
			}
			return nil
		}
		if _, err := run(v, f, id, ending, options); errors.Is(err, errCrash) {
			cut = true
			f.fail = nil
			aDayBetween(f, round)
			must(t, v, f, id, options)
		} else if err != nil {
			t.Fatal(err)
		}
		f.fail = nil
		if diff := cmp.Diff(f.expected(), v.Contents()); diff != "" {
			t.Fatalf("cut off at call %d of round %d: %s", at, round, diff)
		}
		aDay(f)
	}
	return cut
}

// aDayBetween changes the mailbox between the attempts of a run.
func aDayBetween(f *fake, round int) {
	f.put("Inbox", fmt.Sprint("between", round), "came between attempts")
	if _, there := f.messages["f-Inbox"]["in8"]; there {
		f.remove("Inbox", "in8")
	}
}

func TestFoldersThatGoAndFoldersLeftOut(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", mailbox.Options{})
	f.dropFolder("Sent")
	must(t, v, f, "2", mailbox.Options{})
	same(t, v, f)

	must(t, v, f, "3", mailbox.Options{Exclude: []string{"inbox"}})
	if diff := cmp.Diff(map[string]string{"/f-Empty": `Empty<> item={"folder":"Empty"}`}, v.Contents()); diff != "" {
		t.Error("the inbox goes with all below it:", diff)
	}
	must(t, v, f, "4", mailbox.Options{})
	same(t, v, f)
}

func TestNoFoldersAreNotBelieved(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	must(t, v, f, "1", mailbox.Options{})
	f.folders = nil
	if _, err := run(v, f, "2", backuptest.Killed, mailbox.Options{}); !fault.Is(err, fault.Transient) {
		t.Error(err)
	}
}

func TestAFailureCostsItsItemOnlyAndIsTriedFirst(t *testing.T) {
	v, f := backuptest.New(t), furnished()
	f.broken["s1"] = fault.New(fault.Unsupported, "read attachment", "corrupt")
	snapshot := must(t, v, f, "1", mailbox.Options{})
	same(t, v, f)
	if diff := cmp.Diff(map[string]string{"f-Sent/s1": "unsupported"}, v.Failures()); diff != "" || !snapshot.Partial {
		t.Error(diff, snapshot)
	}

	delete(f.broken, "s1") // repaired, without Graph reporting a change
	snapshot = must(t, v, f, "2", mailbox.Options{})
	same(t, v, f)
	if len(v.Failures()) != 0 || snapshot.Partial {
		t.Error(v.Failures(), snapshot)
	}
}

func TestAFolderThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		kind    fault.Kind
		lenient bool
		ends    bool
		failed  map[string]string
	}{
		"for a passing reason is tried again":     {kind: fault.Transient, ends: true},
		"for long costs itself":                   {kind: fault.Transient, lenient: true, failed: map[string]string{"/f-Sent": "transient"}},
		"for good costs itself":                   {kind: fault.Invalid, failed: map[string]string{"/f-Sent": "invalid"}},
		"because nothing may be read ends it all": {kind: fault.Permission, ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			v, f := backuptest.New(t), newFake("Sent")
			f.put("Sent", "s", "text")
			f.fail = func(_ int, what string) error {
				if what == "page" {
					return fault.New(test.kind, "read page", "no")
				}
				return nil
			}
			_, err := run(v, f, "1", backuptest.Killed, mailbox.Options{Run: backup.Run{Lenient: test.lenient}})
			if test.ends {
				if !fault.Is(err, test.kind) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.failed, v.Failures()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
