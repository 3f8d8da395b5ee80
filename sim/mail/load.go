package mail

import (
	"strings"
)

// load puts messages into the folder of a path below the root, making folders that are missing.
// The first element may be a well-known name.
func (b *box) load(path string, messages []Loaded) {
	at := b.folders[top]
	for name := range strings.SplitSeq(path, "/") {
		next := b.child(at.number, name)
		if known := b.folderOf(name); next == nil && at.number == top && known != nil {
			next = known
		}
		if next == nil {
			next = b.addFolder(at.number, name)
		}
		at = next
	}
	for _, m := range messages {
		s := state{read: m.Read, draft: m.Draft, importance: m.Letter.Importance, flag: flag{status: "notFlagged"}}
		if m.Flag {
			s.flag.status = "flagged"
		}
		b.add(m.Letter, s, nil, at.number, m.Letter.Received)
	}
}
