package drive

import (
	"path"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// kind is what a made-up file looks like, by its extension.
type kind struct {
	extension   string
	magic       string
	text        bool
	least, most int // bytes
}

const zipMagic = "PK\x03\x04\x14\x00\x06\x00\x08\x00"

// kinds: what people keep, most of it small. Only text compresses, as in real drives.
var kinds = []kind{
	{".txt", "", true, 0, 40_000},
	{".md", "# ", true, 10, 20_000},
	{".csv", "", true, 100, 150_000},
	{".html", "<!doctype html><meta charset=utf-8><p>", true, 200, 60_000},
	{".json", "", true, 2, 30_000},
	{".docx", zipMagic, false, 9_000, 250_000},
	{".docx", zipMagic, false, 9_000, 250_000},
	{".xlsx", zipMagic, false, 7_000, 180_000},
	{".pptx", zipMagic, false, 30_000, 900_000},
	{".pdf", "%PDF-1.7\n", false, 5_000, 700_000},
	{".pdf", "%PDF-1.7\n", false, 5_000, 700_000},
	{".jpg", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", false, 20_000, 900_000},
	{".png", "\x89PNG\r\n\x1a\n", false, 500, 200_000},
	{".heic", "\x00\x00\x00\x18ftypheic", false, 30_000, 500_000},
	{".zip", zipMagic, false, 22, 400_000},
	{".mp4", "\x00\x00\x00\x18ftypmp42", false, 900_000, 4_000_000},
	{"", "\x7fELF", false, 0, 60_000},
}

// kindOf is the kind that an extension stands for.
func kindOf(name string) kind {
	extension := strings.ToLower(path.Ext(name))
	for _, k := range kinds {
		if k.extension == extension {
			return k
		}
	}
	return kinds[len(kinds)-1]
}

func (k kind) shape(pool func() *prose.Pool) blob.Shape {
	shape := blob.Shape{Magic: k.magic}
	if k.text {
		shape.Text = pool
	}
	return shape
}

// size is small more often than large; one file in thirty is empty if its kind may be.
func (k kind) size(source *seed.Source) int64 {
	if k.least == 0 && source.N(10) == 0 || source.N(60) == 0 {
		return 0
	}
	share := source.Float() * source.Float() * source.Float()
	return int64(k.least + int(share*float64(k.most-k.least)))
}

// make is content of a kind.
func (d *drive) make(k kind, size int64, source *seed.Source) *blob.Content {
	return blob.Made(k.shape(d.store.pool), size, source.Uint64())
}
