package mail

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Made-up mail arrives between these days, evenly in each folder. They are fixed, so that the
// same seed gives the same mailbox on every day.
var (
	firstDay = time.Date(2023, 10, 1, 6, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2026, 9, 30, 18, 0, 0, 0, time.UTC)
)

// source of one aspect of a made-up message.
func (b *box) source(k key, aspect string) seed.Source {
	return seed.New(b.seed, uint64(k), seed.Text(aspect))
}

// madeReceived is when a made-up message came in: later than the one before it in its folder.
func (b *box) madeReceived(k key) time.Time {
	source := b.source(k, "time")
	step := lastDay.Sub(firstDay) / time.Duration(max(b.folders[k.folder()].base, 1))
	at := firstDay.Add(step*time.Duration(k.index()-1) + time.Duration(source.Float()*float64(step)*0.9))
	return at.Truncate(time.Second)
}

var categoryNames = []string{"Red category", "Blue category", "Kunde", "À traiter", "次回"}

// madeState is the state that a made-up message begins with.
func (b *box) madeState(k key) state {
	source := b.source(k, "state")
	s := state{read: source.Chance(0.8), importance: "normal", flag: flag{status: "notFlagged"}, modified: b.madeReceived(k).Add(time.Minute)}
	s.draft = b.folders[k.folder()].known == "drafts"
	s.read = s.read || s.draft || b.folders[k.folder()].known == "sentitems"
	switch draw := source.N(100); {
	case draw < 4:
		s.flag.status = "flagged"
		if draw < 2 {
			s.flag.start, s.flag.due = lastDay.Truncate(24*time.Hour), lastDay.Truncate(24*time.Hour).AddDate(0, 0, 3)
		}
	case draw < 5:
		s.flag.status, s.flag.complete = "complete", lastDay.Truncate(24*time.Hour)
	case draw < 10:
		s.importance = "high"
	case draw < 12:
		s.importance = "low"
	}
	for range source.N(100) / 92 * (1 + source.N(2)) {
		s.categories = append(s.categories, categoryNames[(source.N(len(categoryNames))+len(s.categories))%len(categoryNames)])
	}
	if len(s.categories) == 2 && s.categories[0] == s.categories[1] {
		s.categories = s.categories[:1]
	}
	return s
}

// madeMessageID holds the key, so that a message can be found by it without a search.
func (b *box) madeMessageID(k key) string {
	return "<" + strconv.FormatUint(uint64(k), 36) + "." + strconv.FormatUint(b.seed, 36) + "@" + b.store.config.Domain + ">"
}

// keyOf is the made-up message with this Internet message id.
func (b *box) keyOf(messageID string) (key, bool) {
	first, _, _ := strings.Cut(strings.TrimPrefix(messageID, "<"), ".")
	n, err := strconv.ParseUint(first, 36, 64)
	if err != nil || b.madeMessageID(key(n)) != messageID {
		return 0, false
	}
	return key(n), true
}

// madeLetter makes up the content of a message.
func (b *box) madeLetter(k key) *letter.Letter {
	source := b.source(k, "letter")
	l := &letter.Letter{
		Received: b.madeReceived(k), MessageID: b.madeMessageID(k), Class: "IPM.Note", Importance: "normal",
		HTML: source.Chance(0.85), Conversation: source.Uint64(),
	}
	l.Sent = l.Received.Add(-time.Duration(source.N(90)) * time.Second)
	b.madePeople(l, &source, b.folders[k.folder()].known == "sentitems" || b.folders[k.folder()].known == "drafts")
	l.Subject = b.madeSubject(&source)
	l.Headers = []letter.Header{{Name: "MIME-Version", Value: "1.0"}, {Name: "Message-ID", Value: l.MessageID}, {Name: "X-Mailer", Value: "m365sim"}}
	if source.Chance(0.06) {
		l.Charset = seed.Pick(&source, []string{"iso-8859-1", "windows-1252", "iso-2022-jp", "koi8-r", "utf-16le"})
	}
	b.madeAttachments(l, k)
	b.madeBody(l, &source)
	return l
}

var replyMarks = []string{"RE: ", "AW: ", "FW: ", "WG: ", "Re: ", ""}

func (b *box) madeSubject(source *seed.Source) string {
	var text []byte
	switch draw := source.N(1000); {
	case draw < 5:
		return ""
	case draw < 400:
		text = append(text, seed.Pick(source, replyMarks)...)
	case draw < 430:
		text = append(text, `"Angebot" \ <2026> & Ü/ `...)
	}
	return string(b.pool().Title(text, source, 2+source.N(7)))
}

// outsiders write from elsewhere.
var outsiders = []letter.Address{
	{Name: "Northwind Traders", Address: "billing@northwind.example"}, {Name: "Müller, Jörg (Fabrikam)", Address: "joerg.mueller@fabrikam.example"},
	{Name: "山田 太郎", Address: "taro@adatum.example"}, {Name: "", Address: "noreply@tailspin.example"}, {Name: "Newsletter \"Weekly\"", Address: "news+weekly@litware.example"},
}

func (b *box) somebody(source *seed.Source) letter.Address {
	if people := b.store.config.Directory.Generated(); people > 0 && source.Chance(0.75) {
		name, address := b.store.config.Directory.Colleague(source.N(people))
		return letter.Address{Name: name, Address: address}
	}
	return seed.Pick(source, outsiders)
}

func (b *box) madePeople(l *letter.Letter, source *seed.Source, own bool) {
	me := letter.Address{Name: b.owner.Name, Address: b.owner.Address}
	from := b.somebody(source)
	l.To = []letter.Address{me}
	if own {
		from, l.To = me, []letter.Address{b.somebody(source)}
	}
	l.From, l.Sender = &from, &from
	for source.Chance(0.25) && len(l.To) < 12 {
		l.To = append(l.To, b.somebody(source))
	}
	for source.Chance(0.3) && len(l.Cc) < 8 {
		l.Cc = append(l.Cc, b.somebody(source))
	}
	if own && source.Chance(0.1) {
		l.Bcc = append(l.Bcc, b.somebody(source))
	}
	if source.Chance(0.03) {
		l.ReplyTo = append(l.ReplyTo, seed.Pick(source, outsiders))
	}
}

const (
	htmlHead = "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset="
	htmlBody = "\">\r\n<style type=\"text/css\" style=\"display:none\">P {margin-top:0;margin-bottom:0;}</style>\r\n</head>\r\n<body dir=\"ltr\">\r\n"
	openTag  = "<div style=\"font-family:Calibri,Arial,Helvetica,sans-serif; font-size:12pt; color:rgb(0,0,0)\">\r\n"
)

// madeBody writes 2 to 60 KB, most of them between 3 and 12.
func (b *box) madeBody(l *letter.Letter, source *seed.Source) {
	normal := math.Sqrt(-2*math.Log(1-source.Float())) * math.Cos(2*math.Pi*source.Float())
	size := int(min(max(5500*math.Exp(0.75*normal), 2000), 60_000))
	body := make([]byte, 0, size+2048)
	if !l.HTML {
		for len(body) < size/2 {
			body = append(b.pool().Append(body, source, 200+source.N(600)), "\r\n\r\n"...)
		}
		l.Body = body
		return
	}
	charset := "utf-8"
	if l.Charset != "" {
		charset = l.Charset
	}
	body = append(append(append(append(body, htmlHead...), charset...), htmlBody...), openTag...)
	for len(body) < size {
		body = append(body, "<p>"...)
		body = b.pool().Append(body, source, 150+source.N(700))
		body = append(body, "</p>\r\n<div><br>\r\n</div>\r\n"...)
	}
	for _, a := range l.Attachments {
		if a.Inline {
			body = append(append(append(body, "<img src=\"cid:"...), a.ContentID...), "\">\r\n"...)
		}
	}
	l.Body = append(body, "</div>\r\n</body>\r\n</html>\r\n"...)
}
