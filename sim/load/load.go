package load

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/mail"
)

// ErrNoMail says that a path is something else than mail.
var ErrNoMail = errors.New("neither a Maildir nor an mbox")

// Folders are messages by folder path.
type Folders map[string][]mail.Loaded

// Mail reads what lies at a path. now dates messages that have no date.
func Mail(path string, now time.Time) (Folders, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir() && isMaildir(path):
		return maildirs(path, now)
	case info.IsDir():
		return mboxes(path, now)
	case isMbox(path):
		return oneMbox(path, "Inbox", now)
	}
	return nil, fmt.Errorf("%s: %w", path, ErrNoMail)
}

// IsFolder tells whether a path is a folder.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isMaildir(path string) bool {
	for _, name := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

func isMbox(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	first, err := bufio.NewReader(file).Peek(5)
	return err == nil && string(first) == "From "
}

// mboxes reads a folder that holds nothing but mbox files.
func mboxes(path string, now time.Time) (Folders, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	all := Folders{}
	for _, entry := range entries {
		name, is := strings.CutSuffix(entry.Name(), ".mbox")
		if !is || entry.IsDir() {
			return nil, fmt.Errorf("%s: %w", path, ErrNoMail)
		}
		one, err := oneMbox(filepath.Join(path, entry.Name()), special(name), now)
		if err != nil {
			return nil, err
		}
		for folder, messages := range one {
			all[folder] = append(all[folder], messages...)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrNoMail)
	}
	return all, nil
}

// special turns the usual names of special folders into well-known ones.
func special(name string) string {
	switch strings.ToLower(name) {
	case "inbox":
		return "Inbox"
	case "sent", "sent items", "sent messages", "gesendet":
		return "Sent Items"
	case "drafts", "entwürfe":
		return "Drafts"
	case "trash", "deleted", "deleted items", "papierkorb":
		return "Deleted Items"
	case "junk", "spam":
		return "Junk Email"
	case "archive", "archives", "archiv":
		return "Archive"
	}
	return name
}

// maildirs reads a Maildir and its sub-folders.
func maildirs(path string, now time.Time) (Folders, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	all := Folders{}
	if all["Inbox"], err = maildir(path, now); err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name, is := strings.CutPrefix(entry.Name(), ".")
		below := filepath.Join(path, entry.Name())
		if !is || !entry.IsDir() || !isMaildir(below) {
			continue
		}
		names := strings.Split(strings.TrimPrefix(name, "INBOX."), ".")
		names[0] = special(names[0])
		folder := strings.Join(names, "/")
		messages, err := maildir(below, now)
		if err != nil {
			return nil, err
		}
		all[folder] = append(all[folder], messages...)
	}
	return all, nil
}

func maildir(path string, now time.Time) ([]mail.Loaded, error) {
	var messages []mail.Loaded
	for _, part := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(path, part))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(path, part, entry.Name()))
			if err != nil {
				return nil, err
			}
			messages = append(messages, maildirMessage(raw, entry.Name(), now))
		}
	}
	return messages, nil
}
