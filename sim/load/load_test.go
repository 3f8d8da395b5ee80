package load_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim/load"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mailOf(subject string) string {
	return "From: a@example.com\r\nSubject: " + subject + "\r\nDate: Mon, 02 Jan 2006 15:04:05 +0100\r\n\r\nbody\r\n"
}

// summary is folder -> subject -> flags.
func summary(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	folders, err := load.Mail(path, now)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for folder, messages := range folders {
		all[folder] = map[string]string{}
		for _, m := range messages {
			flags := ""
			if m.Read {
				flags += "S"
			}
			if m.Flag {
				flags += "F"
			}
			if m.Draft {
				flags += "D"
			}
			all[folder][m.Letter.Subject] = flags
		}
	}
	return all
}

func TestMaildirWithSubfolders(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "cur", "1:2,FS"), mailOf("one"))
	write(t, filepath.Join(root, "new", "2"), mailOf("two"))
	write(t, filepath.Join(root, ".Sent", "cur", "3:2,S"), mailOf("three"))
	write(t, filepath.Join(root, ".Work.Sub", "cur", "4:2,D"), mailOf("four"))
	want := map[string]map[string]string{
		"Inbox": {"one": "SF", "two": ""}, "Sent Items": {"three": "S"}, "Work/Sub": {"four": "D"},
	}
	if diff := cmp.Diff(want, summary(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestMbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail")
	write(t, path, "From a@example.com Mon Jan  2 15:04:05 2006\nStatus: RO\nSubject: one\n\nFrom here on >From is quoted:\n\n>From a\n\n"+
		"From b@example.com Mon Jan  2 15:04:05 2006\nX-Status: F\nSubject: two\n\nbody\n")
	if diff := cmp.Diff(map[string]map[string]string{"Inbox": {"one": "S", "two": "F"}}, summary(t, path)); diff != "" {
		t.Error(diff)
	}
	folders, err := load.Mail(path, now)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(folders["Inbox"][0].Letter.MIME), "Status: RO\nSubject: one\n\nFrom here on >From is quoted:\n\nFrom a\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestFolderOfMboxFiles(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "Inbox.mbox"), "From a Mon Jan  2 15:04:05 2006\nSubject: one\n\nbody\n")
	write(t, filepath.Join(root, "Spam.mbox"), "From a Mon Jan  2 15:04:05 2006\nSubject: two\n\nbody\n")
	if diff := cmp.Diff(map[string]map[string]string{"Inbox": {"one": ""}, "Junk Email": {"two": ""}}, summary(t, root)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoMailIsSaid(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "picture.jpg"), "x")
	if _, err := load.Mail(root, now); !errors.Is(err, load.ErrNoMail) {
		t.Errorf("%v", err)
	}
	if _, err := load.Mail(filepath.Join(root, "missing"), now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
