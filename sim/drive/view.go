package drive

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// view is how a call wants to see items.
type view struct {
	call   *wire.Call
	drive  *drive
	wanted map[string]bool // of $select; nil: everything
	delta  bool
	site   string // address of the owner's site, escaped
	rights bool   // permissions are wanted, too

	sharedSince  uint64 // mark items whose sharing changed since; 0: none
	hierarchical bool   // tell only of items with permissions of their own that they are shared
}

func newView(c *wire.Call, d *drive, selected []string, delta bool) *view {
	v := &view{call: c, drive: d, delta: delta, site: d.site()}
	_, v.rights = c.Query.Expands("permissions")
	if len(selected) > 0 {
		v.wanted = map[string]bool{}
		for _, name := range selected {
			v.wanted[strings.ToLower(name)] = true
		}
		v.wanted["id"] = v.wanted["id"] || delta
	}
	return v
}

// wants tells whether a property is selected; name is in lower case.
func (v *view) wants(name string) bool { return v.wanted == nil || v.wanted[name] }

// append writes an item. context is for an answer that is one item.
func (v *view) append(b []byte, i *item, context string) []byte {
	w := &writer{append(b, '{'), true}
	if context != "" {
		w.text("@odata.context", context)
	}
	if v.delta {
		w.text("@odata.type", "#microsoft.graph.driveItem")
	}
	if !i.there() {
		v.appendGone(w, i)
		return append(w.b, '}')
	}
	v.appendAddress(w, i)
	v.appendCommon(w, i)
	v.appendKind(w, i)
	v.appendSharing(w, i)
	return append(w.b, '}')
}

// appendGone is what a delta says of a deleted item; on business drives not even its name.
func (v *view) appendGone(w *writer, i *item) {
	w.raw("id", `"`+v.drive.itemID(i.number)+`"`)
	v.appendParent(w, i.parent, false)
	w.raw("deleted", `{"state":"deleted"}`)
	if i.folder() {
		w.raw("folder", `{"childCount":0}`)
	} else {
		w.raw("file", `{}`)
	}
}

func (v *view) appendAddress(w *writer, i *item) {
	if i.folder() || v.wanted != nil && !v.wanted["@microsoft.graph.downloadurl"] && !v.wanted["content.downloadurl"] {
		return
	}
	w.text("@microsoft.graph.downloadUrl", v.drive.address(v.call, i, 0))
}

func (v *view) appendCommon(w *writer, i *item) {
	if v.wants("createddatetime") {
		w.time("createdDateTime", i.created)
	}
	if v.wants("etag") {
		w.text("eTag", v.drive.tag(i))
	}
	if v.wants("id") {
		w.raw("id", `"`+v.drive.itemID(i.number)+`"`)
	}
	if v.wants("lastmodifieddatetime") {
		w.time("lastModifiedDateTime", i.modified)
	}
	if v.wants("name") {
		w.text("name", i.name)
	}
	if v.wants("weburl") {
		w.text("webUrl", v.site+"/Documents"+escapePath(i.path()))
	}
	if !v.delta && v.wants("ctag") {
		w.text("cTag", `"c:{`+v.drive.unique(i)+`},`+digits(i.writes)+`"`)
	}
	if v.wants("size") {
		w.raw("size", strconv.FormatInt(v.size(i), 10))
	}
	for _, name := range []string{"createdBy", "lastModifiedBy"} {
		if v.wants(strings.ToLower(name)) {
			w.name(name)
			w.b = v.drive.appendOwner(w.b)
		}
	}
	if v.wants("parentreference") {
		v.appendParent(w, i.parent, !v.delta)
	}
	if v.wants("filesysteminfo") {
		w.name("fileSystemInfo")
		w.b = append(wire.AppendTime(append(w.b, `{"createdDateTime":`...), i.created), `,"lastModifiedDateTime":`...)
		w.b = append(wire.AppendTime(w.b, i.modified), '}')
	}
}

// size is wrong for some pictures with the quirk wrong-size.
func (v *view) size(i *item) int64 {
	if v.call.Quirk("wrong-size") && strings.HasSuffix(fold(i.name), ".heic") {
		return i.size + 1913
	}
	return i.size
}

func (v *view) appendKind(w *writer, i *item) {
	switch {
	case !i.folder():
		v.appendFile(w, i)
	case v.wants("folder"):
		w.raw("folder", `{"childCount":`+digits(len(i.children))+`}`)
	}
	if i.parent == nil && v.wants("root") {
		w.raw("root", `{}`)
	}
}

func (v *view) appendFile(w *writer, i *item) {
	if v.wants("file") {
		w.name("file")
		w.b = append(w.b, '{')
		hash, err := i.content.QuickXor()
		if v.call.Quirk("wrong-hash") && !v.delta {
			hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
		}
		if err == nil { // a loaded file that is gone has none
			w.b = append(append(append(w.b, `"hashes":{"quickXorHash":"`...), hash...), `"},`...)
		}
		w.b = append(wire.AppendString(append(w.b, `"mimeType":`...), mimeType(i.name)), '}')
	}
	if infected(v.call, i) && v.wants("malware") {
		w.raw("malware", `{"description":"Virus:DOS/EICAR_Test_File"}`)
	}
}

func (v *view) appendParent(w *writer, parent *item, path bool) {
	w.name("parentReference")
	drive := v.drive.id
	if v.call.Quirk("drive-id-case") {
		drive = strings.ToLower(drive)
	}
	w.b = append(append(append(w.b, `{"driveType":"business","driveId":"`...), drive...), `","siteId":"`...)
	w.b = append(append(w.b, v.drive.siteID()...), '"')
	if parent != nil {
		w.b = append(v.drive.appendItemID(append(w.b, `,"id":"`...), parent.number), '"')
		if path {
			w.b = wire.AppendString(append(w.b, `,"name":`...), parent.name)
			w.b = wire.AppendString(append(w.b, `,"path":`...), "/drives/"+v.drive.id+"/root:"+escapePath(parent.path()))
		}
	}
	w.b = append(w.b, '}')
}

// escapePath keeps slashes.
func escapePath(path string) string {
	return strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}
