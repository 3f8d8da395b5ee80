package mail

import (
	"slices"
	"strings"
	"time"
)

// Numbers of folders that every mailbox has and that code refers to.
const (
	top         uint32 = 1 // msgfolderroot
	drafts      uint32 = 4
	recoverable uint32 = 11
	firstOwn    uint32 = 20
)

// template of a folder: share is of the mailbox's mails, in thousandths.
type template struct {
	number, parent uint32
	name, known    string
	hidden         bool
	share          int
}

// https://learn.microsoft.com/graph/api/resources/mailfolder: the well-known folders; and some
// of the kind that people make, with names that are hard on programs.
var templates = []template{
	{top, 0, "Top of Information Store", "msgfolderroot", false, 0},
	{2, top, "Inbox", "inbox", false, 480},
	{3, top, "Sent Items", "sentitems", false, 220},
	{drafts, top, "Drafts", "drafts", false, 8},
	{5, top, "Deleted Items", "deleteditems", false, 30},
	{6, top, "Junk Email", "junkemail", false, 22},
	{7, top, "Archive", "archive", false, 60},
	{8, top, "Outbox", "outbox", false, 0},
	{9, top, "Conversation History", "conversationhistory", false, 0},
	{10, top, "PersonMetadata", "", true, 0},
	{recoverable, 0, "Deletions", "recoverableitemsdeletions", true, 0},
	{12, 0, "Finder", "searchfolders", true, 0},
	{13, top, "Sync Issues", "syncissues", true, 0},
	{firstOwn, 2, "Projects", "", false, 40},
	{21, firstOwn, "Aurora", "", false, 50},
	{22, firstOwn, "Ärger / Streit", "", false, 20},
	{23, 21, "2025", "", false, 30},
	{24, top, "客户 📁", "", false, 20},
	{25, firstOwn, "Inbox", "", false, 10},
	{26, top, "Empty", "", false, 0},
	{27, 7, "CON", "", false, 10},
}

// makeFolders sets the mailbox up with so many mails; without mails there are only the folders
// that every mailbox has.
func (b *box) makeFolders(mails int) {
	placed, next := 0, uint64(0)
	for _, t := range templates {
		if mails == 0 && t.number >= firstOwn {
			continue
		}
		f := b.newFolder(t.number, t.parent, t.name)
		f.known, f.hidden, f.base = t.known, t.hidden, mails*t.share/1000
		placed += f.base
	}
	b.folders[2].base += mails - placed
	for _, number := range b.order {
		f := b.folders[number]
		next = max(next, uint64(f.base))
		for i := range f.base {
			f.unread += unread(b.madeState(madeUp(number, i+1)))
		}
	}
	b.sequence = max(b.sequence, next)
}

func (b *box) newFolder(number, parent uint32, name string) *folder {
	f := &folder{number: number, parent: parent, name: name, members: map[key]*message{}, left: map[key]uint64{}, changed: b.advance()}
	b.folders[number] = f
	b.order = append(b.order, number)
	return f
}

// addFolder makes a folder below another.
func (b *box) addFolder(parent uint32, name string) *folder {
	return b.newFolder(max(slices.Max(b.order)+1, firstOwn+100), parent, name)
}

// child finds a folder by its name, without regard to case as Exchange does.
func (b *box) child(parent uint32, name string) *folder {
	for _, number := range b.order {
		if f := b.folders[number]; !f.gone && f.parent == parent && strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

func (b *box) children(parent uint32, hidden bool) []*folder {
	var list []*folder
	for _, number := range b.order {
		if f := b.folders[number]; !f.gone && f.parent == parent && (hidden || !f.hidden) {
			list = append(list, f)
		}
	}
	return list
}

// visible are all folders below the root, parents first, that are not hidden.
func (b *box) visible(parent uint32) []*folder {
	var list []*folder
	for _, f := range b.children(parent, false) {
		list = append(append(list, f), b.visible(f.number)...)
	}
	return list
}

// path names a folder from the root: a slash inside a name is doubled.
func (b *box) path(f *folder) string {
	name := strings.ReplaceAll(f.name, "/", "//")
	if f.parent == top || f.parent == 0 {
		return name
	}
	return b.path(b.folders[f.parent]) + "/" + name
}

// drop removes a folder with all that is in it; its messages go to where DELETE puts them, or
// nowhere.
func (b *box) drop(f *folder, forGood bool, now time.Time) {
	for _, inside := range b.children(f.number, true) {
		b.drop(inside, forGood, now)
	}
	for _, k := range b.keys(f) {
		b.remove(b.touch(k), forGood, now)
	}
	f.gone, f.changed = true, b.advance()
}

// remove is what DELETE does to a message.
func (b *box) remove(m *message, forGood bool, now time.Time) {
	if forGood || m.folder == recoverable {
		b.forget(m)
		return
	}
	b.take(m)
	b.put(m, recoverable, now)
}
