package mail

import (
	"github.com/tenantkeep/tenantkeep/sim/event"
)

// tell says that a message came into a folder, changed in it, or left it. A move is two changes,
// and what is hidden is nobody's business.
func (b *box) tell(f *folder, m *message, kind event.Type) {
	events := b.store.config.Events
	if b.quiet || f.hidden || events == nil || !events.Wants(event.Message) {
		return
	}
	change := &shown{key: m.key, folder: f.number, state: m.state}
	events.Tell(event.Event{
		Kind: event.Message, Type: kind, Owner: b.owner.ID, Folder: b.folderID(f.number),
		ID: b.messageID(m.key, f.number, false), Immutable: b.messageID(m.key, f.number, true),
		Tag: `W/"` + string(b.appendChangeKey(nil, change)) + `"`,
	})
}

// FolderID is the id of a mail folder that a user has, named by its id or as it is well-known.
func (s *Store) FolderID(user, name string) string {
	person, known := s.config.Directory.Person(user)
	if !known {
		return ""
	}
	b := s.box(person)
	b.mu.RLock()
	defer b.mu.RUnlock()
	f := b.folderOf(name)
	if f == nil {
		return ""
	}
	return b.folderID(f.number)
}
