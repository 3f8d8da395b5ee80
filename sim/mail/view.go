package mail

import (
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// view writes messages as a call wants to see them.
type view struct {
	box         *box
	selected    uint64 // bits of properties
	immutable   bool
	text        bool // bodies as text
	raw         bool // quirk: control characters stand raw in strings
	typed       bool
	attachments *wire.Expand
	extended    []string // normalised ids of extended properties to show
	owner       string   // as the call named it, for links
}

// newView reads what a call wants to see.
func newView(c *wire.Call, b *box, names []string, expand []wire.Expand) (*view, error) {
	v := &view{box: b, selected: selection(names), immutable: c.Prefer.ImmutableID, text: c.Prefer.Text,
		raw: c.Quirk("control-characters"), owner: c.Param("user")}
	query := wire.Query{Expand: expand}
	if attachments, wanted := query.Expands("attachments"); wanted {
		v.attachments = &attachments
	}
	if extended, wanted := query.Expands("singleValueExtendedProperties"); wanted {
		ids, err := extendedIDs(extended.Filter)
		if err != nil {
			return nil, err
		}
		v.extended = ids
	}
	return v, nil
}

// message appends one message; fragment is its @odata.context, if it needs one.
func (v *view) message(b []byte, k key, context string) []byte {
	folder, state, entry, _ := v.box.lookup(k)
	m := &shown{k, folder, state, v.box.content(k, entry), entry}
	b = append(b, '{')
	if context != "" {
		b = append(wire.AppendString(append(b, `"@odata.context":`...), context), ',')
	}
	if v.typed {
		b = append(b, `"@odata.type":"#microsoft.graph.message",`...)
	}
	b = append(v.box.appendChangeKey(append(b, `"@odata.etag":"W/\"`...), m), `\"","id":"`...)
	b = append(v.box.appendMessageID(b, k, folder, v.immutable), '"')
	for i := range properties {
		if v.selected&(1<<i) != 0 {
			b = append(append(append(b, ',', '"'), properties[i].name...), '"', ':')
			b = properties[i].append(v, b, m)
		}
	}
	if v.attachments != nil {
		b = v.appendAttachments(append(b, `,"attachments":`...), m)
	}
	if len(v.extended) > 0 {
		b = v.appendExtended(b, m)
	}
	return append(b, '}')
}

func (b *box) appendChangeKey(to []byte, m *shown) []byte {
	return appendID(to, "CQAAABYA", b.hash^uint64(m.key), m.state.version)
}
