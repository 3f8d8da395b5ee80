package drive

import (
	"encoding/hex"
	"path"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// person is the owner's part of an address: anna_contoso_onmicrosoft_com.
func (d *drive) person() string {
	return strings.NewReplacer("@", "_", ".", "_", "#", "_").Replace(strings.ToLower(d.owner.Address))
}

// site is the address of the owner's site, as people see it.
func (d *drive) site() string {
	return "https://" + d.store.Host() + "/personal" + escapePath("/"+d.person())
}

// siteID names the owner's site: host, site collection, web.
func (d *drive) siteID() string {
	var raw [32]byte
	source := seed.New(d.store.config.Seed, seed.Text("site"), seed.Text(d.owner.ID))
	source.Bytes(raw[:])
	return d.store.Host() + "," + guid(raw[:16]) + "," + guid(raw[16:])
}

// tag is the eTag of an item.
func (d *drive) tag(i *item) string { return `"{` + d.unique(i) + `},` + digits(i.edits) + `"` }

func (d *drive) appendOwner(b []byte) []byte {
	b = wire.AppendString(append(b, `{"user":{"id":`...), d.owner.ID)
	b = wire.AppendString(append(b, `,"displayName":`...), d.owner.Name)
	return append(b, `}}`...)
}

// mimeTypes are those of the extensions that drives usually hold.
var mimeTypes = map[string]string{
	".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html", ".htm": "text/html", ".xml": "text/xml",
	".json": "application/json", ".pdf": "application/pdf", ".zip": "application/x-zip-compressed",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".jpg":  "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".heic": "image/heic", ".mp4": "video/mp4",
}

func mimeType(name string) string {
	if known := mimeTypes[strings.ToLower(path.Ext(name))]; known != "" {
		return known
	}
	return "application/octet-stream"
}

// infected tells whether Microsoft would keep a file to itself.
func infected(c *wire.Call, i *item) bool {
	return !i.folder() && (c.Quirk("malware") || strings.Contains(fold(i.name), "eicar"))
}

// secret is a number that only the simulator knows, for what must not be guessed.
func (s *Store) secret(text string) string {
	source := seed.New(s.config.Seed, seed.Text("secret"), seed.Text(text))
	var raw [8]byte
	source.Bytes(raw[:])
	return hex.EncodeToString(raw[:])
}
