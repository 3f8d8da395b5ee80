package mailtarget

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// index is all messages of a mailbox, as they were when it was read: about half a kilobyte each.
type index struct {
	byID        map[m365.ItemID]mail.Existing
	byMessageID map[string][]m365.ItemID
	byItem      map[string][]m365.ItemID // by the item that it was restored from
}

// pageSize is how many messages one request lists.
const pageSize = 1000

// readIndex lists every folder that holds messages.
func readIndex(ctx context.Context, box *mail.Mailbox, all []mail.Folder) (*index, error) {
	i := &index{byID: map[m365.ItemID]mail.Existing{}, byMessageID: map[string][]m365.ItemID{}, byItem: map[string][]m365.ItemID{}}
	for _, folder := range all {
		if folder.Messages == 0 {
			continue
		}
		err := box.Existing(ctx, folder.ID, func(e mail.Existing) error {
			i.add(e)
			return nil
		})
		if err != nil && !fault.Is(err, fault.NotFound) { // deleted meanwhile
			return nil, err
		}
	}
	return i, nil
}

// add notes a message. Lists repeat some when a page is read again.
func (i *index) add(e mail.Existing) {
	if _, repeated := i.byID[e.ID]; repeated {
		return
	}
	i.byID[e.ID] = e
	i.byMessageID[e.MessageID] = append(i.byMessageID[e.MessageID], e.ID)
	if item := markOf(e).Item; item != "" {
		i.byItem[item] = append(i.byItem[item], e.ID)
	}
}

// wanted is what a message in the snapshot is looked for by.
type wanted struct {
	id        m365.ItemID // empty unless it is restored to where it came from
	messageID string
	received  time.Time
	changeKey string
	item      string // of its mark
}

// find returns what may be the same message.
func (i *index) find(w wanted) []mail.Existing {
	found := map[m365.ItemID]bool{}
	if _, alive := i.byID[w.id]; alive {
		found[w.id] = true
	}
	if w.messageID != "" {
		for _, id := range i.byMessageID[w.messageID] {
			found[id] = true
		}
	}
	for _, id := range i.byItem[w.item] {
		found[id] = true
	}
	all := make([]mail.Existing, 0, len(found))
	for id := range found {
		all = append(all, i.byID[id])
	}
	return all
}
