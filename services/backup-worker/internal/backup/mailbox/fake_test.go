package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/mailbox"
)

// fake is a mailbox with a history, so that it can say what changed since a link.
type fake struct {
	mu       sync.Mutex
	folders  []mailbox.Folder
	messages map[m365.FolderID]map[m365.ItemID]string // newest text; texts say what is special
	history  []event
	expired  int // links of before this moment are forgotten

	calls  int
	fail   func(call int, what string) error // nil: nothing fails
	broken map[m365.ItemID]error             // messages whose attachments cannot be had
}

type event struct {
	folder  m365.FolderID
	id      m365.ItemID
	removed bool
}

const pageSize = 3

func newFake(folders ...string) *fake {
	f := &fake{messages: map[m365.FolderID]map[m365.ItemID]string{}, broken: map[m365.ItemID]error{}}
	for _, name := range folders {
		f.addFolder(name, "top")
	}
	return f
}

func (f *fake) addFolder(name, parent string) {
	id := m365.FolderID("f-" + name)
	f.folders = append(f.folders, mailbox.Folder{ID: id, Parent: m365.FolderID(parent), Name: name, JSON: []byte(`{"folder":"` + name + `"}`)})
	f.messages[id] = map[m365.ItemID]string{}
}

func (f *fake) dropFolder(name string) {
	id := m365.FolderID("f-" + name)
	f.folders = slices.DeleteFunc(f.folders, func(folder mailbox.Folder) bool { return folder.ID == id })
	delete(f.messages, id)
}

func (f *fake) put(folder, id, text string) {
	f.messages[m365.FolderID("f-"+folder)][m365.ItemID(id)] = text
	f.history = append(f.history, event{m365.FolderID("f-" + folder), m365.ItemID(id), false})
}

func (f *fake) remove(folder, id string) {
	delete(f.messages[m365.FolderID("f-"+folder)], m365.ItemID(id))
	f.history = append(f.history, event{m365.FolderID("f-" + folder), m365.ItemID(id), true})
}

func (f *fake) move(id, from, to string) {
	text := f.messages[m365.FolderID("f-"+from)][m365.ItemID(id)]
	f.remove(from, id)
	f.put(to, id, text)
}

// expected is what a vault has to hold.
func (f *fake) expected() map[string]string {
	all := map[string]string{}
	for _, folder := range f.folders {
		parent := string(folder.Parent)
		if parent == "top" {
			parent = ""
		}
		all["/"+string(folder.ID)] = folder.Name + "<" + parent + "> item=" + string(folder.JSON)
		for id, text := range f.messages[folder.ID] {
			all[string(folder.ID)+"/"+string(id)] = f.stored(id, text)
		}
	}
	return all
}

func (f *fake) stored(id m365.ItemID, text string) string {
	stored, n := "about "+string(id)+"<> item={"+text+"}", 0
	if strings.Contains(text, "attached") && f.broken[id] == nil {
		stored += " attachment/0={att of " + text + "}"
		n++
	}
	if strings.Contains(text, "large") {
		stored += fmt.Sprintf(" attachment/%d={large} attachment/%d/content=bytes of %s", n, n, text)
	}
	if strings.Contains(text, "signed") {
		stored += " mime=MIME of " + text
	}
	return stored
}

func (f *fake) change(folder m365.FolderID, id m365.ItemID) mailbox.Change {
	text, there := f.messages[folder][id]
	if !there {
		return mailbox.Change{ID: id, Removed: true}
	}
	c := mailbox.Change{ID: id, Folder: folder, Subject: "about " + string(id), JSON: []byte("{" + text + "}"), MIME: strings.Contains(text, "signed"), Err: f.broken[id]}
	if strings.Contains(text, "attached") && c.Err == nil {
		c.Attachments = append(c.Attachments, mailbox.Attachment{JSON: []byte("{att of " + text + "}")})
	}
	if strings.Contains(text, "large") {
		c.Attachments = append(c.Attachments, mailbox.Attachment{JSON: []byte("{large}"), Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("bytes of " + text)), f.called("attachment")
		}})
	}
	return c
}

// called counts a call and lets it fail.
func (f *fake) called(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.fail == nil {
		return nil
	}
	return f.fail(f.calls, what)
}

func (f *fake) Folders(context.Context) ([]mailbox.Folder, error) {
	return f.folders, f.called("folders")
}

// Changes reports page by page. A link is "at <moment>", or "in <first> <moment>" within a round.
func (f *fake) Changes(_ context.Context, folder m365.FolderID, link string, each func(mailbox.Change) error, page func(string) error) (string, error) {
	since, first, moment := -1, 0, len(f.history)
	if link != "" {
		if n, _ := fmt.Sscanf(link, "at %d", &since); n != 1 {
			if _, err := fmt.Sscanf(link, "in %d %d %d", &first, &since, &moment); err != nil {
				return "", err
			}
		}
		if since < f.expired {
			return "", fault.New(fault.Resync, "read changes", "the link is forgotten")
		}
	}
	changed := f.changed(folder, since)
	for at := first; ; at += pageSize {
		if err := f.called("page"); err != nil {
			return "", err
		}
		for _, id := range changed[min(at, len(changed)):min(at+pageSize, len(changed))] {
			if err := each(f.change(folder, id)); err != nil {
				return "", err
			}
		}
		if at+pageSize >= len(changed) {
			return fmt.Sprintf("at %d", moment), nil
		}
		if err := page(fmt.Sprintf("in %d %d %d", at+pageSize, since, moment)); err != nil {
			return "", err
		}
	}
}

// changed lists what happened after a moment, everything for -1; some of it twice, as Graph does.
func (f *fake) changed(folder m365.FolderID, since int) []m365.ItemID {
	var ids []m365.ItemID
	for _, e := range f.history[max(since, 0):] {
		if e.folder == folder && (since >= 0 || !e.removed) {
			ids = append(ids, e.id)
		}
	}
	return ids
}

func (f *fake) Message(_ context.Context, id m365.ItemID) (mailbox.Change, error) {
	if err := f.called("message"); err != nil {
		return mailbox.Change{}, err
	}
	for folder, messages := range f.messages {
		if _, there := messages[id]; there {
			return f.change(folder, id), nil
		}
	}
	return mailbox.Change{}, fault.New(fault.NotFound, "get message", "gone")
}

func (f *fake) MIME(_ context.Context, id m365.ItemID) (io.ReadCloser, error) {
	if err := f.called("mime"); err != nil {
		return nil, err
	}
	for _, messages := range f.messages {
		if text, there := messages[id]; there {
			return io.NopCloser(strings.NewReader("MIME of " + text)), nil
		}
	}
	return nil, fault.New(fault.NotFound, "get MIME", "gone")
}

var errCrash = errors.New("crash")
