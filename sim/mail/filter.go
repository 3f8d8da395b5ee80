package mail

import (
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// filtered answers from an index where the filter names one message, since a restore asks so for
// every mail; else it looks at every message.
func (b *box) filtered(folders []*folder, filter *wire.Filter) []key {
	candidates, indexed := b.candidates(filter)
	if !indexed {
		for _, f := range folders {
			candidates = append(candidates, b.keys(f)...)
		}
	}
	var found []key
	for _, k := range candidates {
		at, state, m, there := b.lookup(k)
		if there && slices.ContainsFunc(folders, func(f *folder) bool { return f.number == at }) && filter.Match(b.row(k, state, m)) {
			found = append(found, k)
		}
	}
	return found
}

func (b *box) candidates(filter *wire.Filter) ([]key, bool) {
	if id, ok := filter.Equal("internetMessageId"); ok {
		list := slices.Clone(b.byID[id])
		if k, made := b.keyOf(id); made {
			list = append(list, k)
		}
		return list, true
	}
	if pair, ok := filter.AnyEqual("singleValueExtendedProperties", "id", "value"); ok {
		return b.byProperty[normalise(pair[0])+"\x00"+pair[1]], true
	}
	return nil, false
}

// row lets a filter read a message. The content is made up only if the filter looks at it.
func (b *box) row(k key, s state, m *message) wire.Row {
	var content *letter.Letter
	l := func() *letter.Letter {
		if content == nil {
			content = b.content(k, m)
		}
		return content
	}
	return func(path string) any {
		switch path {
		case "receivedDateTime", "createdDateTime":
			return b.received(k, m)
		case "lastModifiedDateTime":
			return s.modified
		case "sentDateTime":
			return l().Sent
		case "isRead":
			return s.read
		case "isDraft":
			return s.draft
		case "importance":
			return s.importance
		case "flag/flagStatus":
			return s.flag.status
		case "categories":
			return s.categories
		case "subject":
			return l().Subject
		case "internetMessageId":
			return l().MessageID
		case "hasAttachments":
			return l().HasAttachments()
		case "from/emailAddress/address":
			if l().From != nil {
				return l().From.Address
			}
		case "singleValueExtendedProperties":
			return extendedList(m)
		}
		return nil
	}
}

// extendedList shows the properties that a client gave a message.
func extendedList(m *message) []any {
	if m == nil {
		return nil
	}
	var list []any
	for id, value := range m.extended {
		list = append(list, map[string]any{"id": id, "value": value})
	}
	return list
}
