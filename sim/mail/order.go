package mail

import (
	"cmp"
	"slices"
	"time"
)

// keys lists the messages of a folder, newest first. The list is kept until the folder changes;
// the caller must not change it.
func (b *box) keys(f *folder) []key {
	if known := f.sorted.Load(); known != nil {
		return *known
	}
	type dated struct {
		key  key
		when time.Time
	}
	others := make([]dated, 0, len(f.members))
	for k, m := range f.members {
		others = append(others, dated{k, b.received(k, m)})
	}
	slices.SortFunc(others, func(x, y dated) int {
		return cmp.Or(y.when.Compare(x.when), cmp.Compare(y.key, x.key))
	})
	list := make([]key, 0, f.count())
	for i := f.base; i >= 1; i-- {
		k := madeUp(f.number, i)
		if f.absent > 0 && b.changed[k] != nil {
			continue
		}
		for len(others) > 0 && others[0].when.After(b.madeReceived(k)) {
			list = append(list, others[0].key)
			others = others[1:]
		}
		list = append(list, k)
	}
	for _, other := range others {
		list = append(list, other.key)
	}
	f.sorted.Store(&list)
	return list
}

func (b *box) received(k key, m *message) time.Time {
	if m != nil && m.letter != nil {
		return m.letter.Received
	}
	return b.madeReceived(k)
}
