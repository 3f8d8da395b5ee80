// Package corpus makes the mail-like items that the vault is measured on, and does with them the
// least that a store must do: the plain loop that the vault is measured against.
//
// A mail is JSON as Graph serves it: ids and dates that do not compress, an HTML body of words by
// Zipf's law, 2.5 to 60 KB, 6.1 KB on average. Every fifth is a copy of an earlier one. The same
// arguments make the same bytes on every machine.
package corpus

import (
	"fmt"
	"math/rand"
	"strings"
)

// Mail is one message.
type Mail struct {
	ID      string // of the item; a copy has its own
	Subject string
	From    string
	Data    []byte // the JSON; copies share it
}

// Mails makes n messages.
func Mails(n int) []Mail {
	g := newGenerator(42)
	mails := make([]Mail, 0, n)
	var originals []int
	for i := range n {
		if i%5 == 4 {
			m := mails[originals[g.r.Intn(len(originals))]]
			m.ID = g.id()
			mails = append(mails, m)
			continue
		}
		originals = append(originals, i)
		mails = append(mails, g.mail())
	}
	return mails
}

// Changed makes n new messages of the same author, none of which Mails has made.
func Changed(n int) []Mail {
	g := newGenerator(43)
	mails := make([]Mail, n)
	for i := range mails {
		mails[i] = g.mail()
	}
	return mails
}

type generator struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	words []string
}

func newGenerator(seed int64) *generator {
	r := rand.New(rand.NewSource(seed))
	g := &generator{r: r, words: vocabulary()}
	g.zipf = rand.NewZipf(r, 1.15, 4, uint64(len(g.words)-1))
	return g
}

// vocabulary is 6,000 made-up words of one to four syllables, always the same.
func vocabulary() []string {
	const consonants, vowels = "bcdfghklmnprstvwz", "aeiou"
	r := rand.New(rand.NewSource(7))
	words := make([]string, 6000)
	for i := range words {
		var w strings.Builder
		for range 1 + r.Intn(4) {
			w.WriteByte(consonants[r.Intn(len(consonants))])
			w.WriteByte(vowels[r.Intn(len(vowels))])
			if r.Intn(3) == 0 {
				w.WriteByte(consonants[r.Intn(len(consonants))])
			}
		}
		words[i] = w.String()
	}
	return words
}

func (g *generator) id() string {
	return fmt.Sprintf("AAMkAGI2%016x%016x%024xAAA=", g.r.Uint64(), g.r.Uint64(), g.r.Uint64())
}

func (g *generator) text(words int) string {
	list := make([]string, words)
	for i := range list {
		list[i] = g.words[g.zipf.Uint64()]
	}
	return strings.Join(list, " ")
}

func (g *generator) address() (name, address string) {
	first, last := g.words[g.r.Intn(3000)], g.words[g.r.Intn(3000)]
	return first + " " + last, first + "." + last + "@contoso.example"
}

func (g *generator) mail() Mail {
	r := g.r
	size := min(2500+int(r.ExpFloat64()*3500), 60000)
	m := Mail{ID: g.id(), Subject: g.text(6)}
	name, address := g.address()
	m.From = address
	out := fmt.Appendf(make([]byte, 0, size+800),
		`{"@odata.etag":"W/\"CQAAABYAAAB%08x%08x\"","id":"%s","createdDateTime":"2024-0%d-%02dT%02d:%02d:%02dZ","changeKey":"CQAAABYAAAB%016x","internetMessageId":"<%016x@mail.contoso.example>","conversationId":"AAQkAGI2%032x","hasAttachments":false,"isRead":%v,"subject":"%s","from":{"emailAddress":{"name":"%s","address":"%s"}},"body":{"contentType":"html","content":"<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><div class=\"WordSection1\">`,
		r.Uint32(), r.Uint32(), m.ID, 1+r.Intn(9), 1+r.Intn(28), r.Intn(24), r.Intn(60), r.Intn(60), r.Uint64(), r.Uint64(), r.Uint64(), r.Intn(2) == 0, m.Subject, name, address)
	for len(out) < size-300 {
		out = append(out, `<p class=\"MsoNormal\"><span lang=\"EN-US\">`...)
		for range 12 + r.Intn(30) {
			out = append(out, g.words[g.zipf.Uint64()]...)
			if r.Intn(40) == 0 {
				out = fmt.Appendf(out, " %d", r.Intn(1000000))
			}
			out = append(out, ' ')
		}
		out = append(out, `</span></p>\r\n`...)
	}
	out = append(out, `</div></body></html>"},"toRecipients":[`...)
	for i := range 1 + r.Intn(4) {
		if i > 0 {
			out = append(out, ',')
		}
		name, address := g.address()
		out = fmt.Appendf(out, `{"emailAddress":{"name":"%s","address":"%s"}}`, name, address)
	}
	m.Data = append(out, `]}`...)
	return m
}
