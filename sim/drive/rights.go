package drive

import (
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// right is a permission that an item does not inherit: a link, or what somebody was given.
type right struct {
	id       string
	role     string // read, write or owner
	link     *link
	granted  []holder // of a link: those whom it is for
	expires  time.Time
	password bool
}

// link is a sharing link.
type link struct {
	kind, scope, address string
}

// holder is who has a right.
type holder struct {
	kind              string // user or group
	id, name, address string
}

// everything are the permissions of an item: its own, and those of the folders above.
func (i *item) everything(visit func(at *item, r *right)) {
	for at := i; at != nil; at = at.parent {
		for _, r := range at.rights {
			visit(at, r)
		}
	}
}

// scope is how far an item is shared: anonymous, organization, users, or not at all.
func (i *item) scope() string {
	reach := []string{"", "users", "organization", "anonymous"}
	widest := 0
	i.everything(func(_ *item, r *right) {
		scope := "users"
		if r.link != nil {
			scope = r.link.scope
		}
		widest = max(widest, slices.Index(reach, scope))
	})
	return reach[widest]
}

// shared notes that the sharing of an item changed.
func (d *drive) shared(i *item, now time.Time) {
	d.log = append(d.log, entry{i, now})
	i.sharedAt = uint64(len(d.log))
	d.tell(true)
}

// grant adds a permission to an item.
func (d *drive) grant(i *item, r *right, now time.Time) *right {
	d.shares++
	source := seed.New(d.seed, seed.Text("right"), d.shares)
	r.id = source.GUID()
	if r.link != nil {
		sort := map[bool]string{true: "f", false: "b"}[i.folder()]
		r.link.address = "https://" + d.store.Host() + "/:" + sort + ":/g/personal/" + d.person() + "/E" + strings.ReplaceAll(source.GUID()+source.GUID(), "-", "")
	}
	i.rights = append(i.rights, r)
	d.shared(i, now)
	return r
}

// appendRight writes a permission of an item, as seen on an item in or below it.
func (d *drive) appendRight(b []byte, on, at *item, r *right) []byte {
	w := &writer{append(b, '{'), true}
	w.text("id", r.id)
	w.raw("roles", `["`+r.role+`"]`)
	if r.link != nil {
		w.raw("link", `{"preventsDownload":false,"scope":"`+r.link.scope+`","type":"`+r.link.kind+`","webUrl":"`+r.link.address+`"}`)
		w.raw("hasPassword", string(wire.AppendBool(nil, r.password)))
		w.name("grantedToIdentitiesV2")
		w.b = append(w.b, '[')
		for n, one := range r.granted {
			if n > 0 {
				w.b = append(w.b, ',')
			}
			w.b = one.append(w.b)
		}
		w.b = append(w.b, ']')
	} else {
		w.name("grantedToV2")
		w.b = r.granted[0].append(w.b)
	}
	if !r.expires.IsZero() {
		w.time("expirationDateTime", r.expires)
	}
	if on != at {
		w.name("inheritedFrom")
		w.b = append(append(append(w.b, `{"driveType":"business","driveId":"`...), d.id...), `","id":"`...)
		w.b = append(d.appendItemID(w.b, at.number), '"')
		w.b = append(wire.AppendString(append(w.b, `,"path":`...), "/drives/"+d.id+"/root:"+escapePath(at.path())), '}')
	}
	return append(w.b, '}')
}

func (h holder) append(b []byte) []byte {
	b = wire.AppendString(append(b, `{"`+h.kind+`":{"id":`...), h.id)
	b = append(wire.AppendString(append(b, `,"displayName":`...), h.name), '}')
	if h.kind == "user" {
		b = wire.AppendString(append(b, `,"siteUser":{"displayName":`...), h.name)
		b = append(wire.AppendString(append(b, `,"loginName":`...), "i:0#.f|membership|"+h.address), '}')
	}
	return append(b, '}')
}

// appendOwnerRight is the permission that everything in a drive has.
func (d *drive) appendOwnerRight(b []byte, on *item) []byte {
	return d.appendRight(b, on, d.root, &right{id: d.store.secret(d.id), role: "owner",
		granted: []holder{{"user", d.owner.ID, d.owner.Name, d.owner.Address}}})
}

// appendRights writes all permissions of an item, with each preceded by next.
func (d *drive) appendRights(b []byte, i *item, next func([]byte) []byte) []byte {
	b = d.appendOwnerRight(next(b), i)
	i.everything(func(at *item, r *right) { b = d.appendRight(next(b), i, at, r) })
	return b
}

// sharingChanges tells whether a round of changes tells changes of sharing: that takes all three
// preferences and the permission to see everything.
// https://learn.microsoft.com/graph/api/driveitem-delta#scanning-permissions-hierarchies
func sharingChanges(c *wire.Call) bool {
	for _, name := range []string{"deltashowremovedasdeleted", "deltatraversepermissiongaps", "deltashowsharingchanges"} {
		if !c.Prefer.Names[name] {
			return false
		}
	}
	return slices.Contains(c.Roles, "Sites.FullControl.All")
}

// scan says how a round of changes shows sharing.
func (v *view) scan(c *wire.Call, sharing bool, since uint64, first bool) {
	v.hierarchical = c.Prefer.Names["hierarchicalsharing"]
	if sharing && !first {
		v.sharedSince = max(since, 1)
	}
}

func (v *view) appendSharing(w *writer, i *item) {
	scope := ""
	if !v.hierarchical || len(i.rights) > 0 {
		scope = i.scope()
	}
	if scope != "" && v.wants("shared") {
		w.raw("shared", `{"scope":"`+scope+`"}`)
	}
	if v.sharedSince > 0 && i.sharedAt > v.sharedSince {
		w.text("@microsoft.graph.sharedChanged", "True")
	}
	if v.rights {
		w.name("permissions")
		first := true
		w.b = v.drive.appendRights(append(w.b, '['), i, func(b []byte) []byte {
			if first {
				first = false
				return b
			}
			return append(b, ',')
		})
		w.b = append(w.b, ']')
	}
}
