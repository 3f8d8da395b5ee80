package mail

import (
	"fmt"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

type fileKind struct {
	extension, contentType string
	least, most            int
	text                   bool
}

var fileKinds = []fileKind{
	{"pdf", "application/pdf", 8_000, 250_000, false},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 12_000, 120_000, false},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 9_000, 90_000, false},
	{"jpg", "image/jpeg", 20_000, 300_000, false},
	{"csv", "text/csv", 500, 60_000, true},
	{"zip", "application/x-zip-compressed", 1_000, 200_000, false},
}

var fileNames = []string{"Rechnung", "Angebot 2026", "scan", "Q3 results (final)", "見積書", "Protokoll_März", "IMG_4711", "contract v2.1", "a'b & c"}

// madeAttachments: one mail in five has some, a few of them mails themselves, links or too large
// to be posted in one piece; one HTML mail in twelve has a picture inside.
func (b *box) madeAttachments(l *letter.Letter, k key) {
	source := b.source(k, "attachments")
	if l.HTML && source.N(12) == 0 {
		picture := b.madeFile(&source, fileKind{"png", "image/png", 1_000, 30_000, false})
		picture.Inline, picture.ContentID = true, fmt.Sprintf("image%03d.png@%08X", source.N(1000), uint32(source.Uint64()))
		b.attach(l, picture)
	}
	if !source.Chance(0.2) {
		return
	}
	for range 1 + source.N(10)/6 + source.N(10)/9 {
		switch draw := source.N(1000); {
		case draw < 40:
			b.attach(l, b.madeItem(l, &source))
		case draw < 50:
			b.attach(l, &letter.Attachment{Kind: letter.Reference, Name: seed.Pick(&source, fileNames) + ".docx"})
		case draw < 54:
			b.attach(l, b.madeFile(&source, fileKind{"mp4", "video/mp4", 3_500_000, 6_000_000, false}))
		default:
			b.attach(l, b.madeFile(&source, seed.Pick(&source, fileKinds)))
		}
	}
}

func (b *box) attach(l *letter.Letter, a *letter.Attachment) {
	a.Number, a.Modified = uint32(len(l.Attachments)+1), l.Received
	l.Attachments = append(l.Attachments, a)
}

// madeFile is small more often than large.
func (b *box) madeFile(source *seed.Source, kind fileKind) *letter.Attachment {
	share := source.Float() * source.Float() * source.Float()
	size := kind.least + int(share*float64(kind.most-kind.least))
	name := seed.Pick(source, fileNames) + "." + kind.extension
	return letter.MadeUp(name, kind.contentType, size, seed.New(source.Uint64()), kind.text)
}

// madeItem is a mail inside a mail, one in three with a file of its own.
func (b *box) madeItem(outer *letter.Letter, source *seed.Source) *letter.Attachment {
	inner := &letter.Letter{
		Received: outer.Received.Add(-48 * 3600e9), MessageID: "<inner." + outer.MessageID[1:], Class: "IPM.Note", Importance: "normal",
		HTML: source.Chance(0.5), Conversation: source.Uint64(), Subject: b.madeSubject(source),
	}
	inner.Sent = inner.Received
	b.madePeople(inner, source, false)
	if source.N(3) == 0 {
		b.attach(inner, b.madeFile(source, seed.Pick(source, fileKinds)))
	}
	b.madeBody(inner, source)
	return &letter.Attachment{Kind: letter.Item, Name: inner.Subject, Item: inner}
}
