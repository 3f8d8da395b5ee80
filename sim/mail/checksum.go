package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/control"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/letter"
)

// Name is how the control API calls mail.
func (s *Store) Name() string { return "mail" }

// Checksum describes all visible folders below the root and their messages by what a restore has
// to bring back: subject, body, people, dates, Internet message id, read and draft state, flag,
// categories, importance, attachments. Ids, change keys and conversation do not count.
func (s *Store) Checksum(user directory.Person) ([]control.Line, error) {
	if !s.config.Directory.Licensed(user.ID, directory.Exchange) {
		return nil, nil
	}
	b := s.box(user)
	b.mu.RLock()
	defer b.mu.RUnlock()
	var lines []control.Line
	for _, f := range b.visible(top) {
		path := b.path(f)
		lines = append(lines, control.Line{Path: path, Kind: "folder", Name: f.name, Digest: digest(path)})
		for _, k := range b.keys(f) {
			_, st, m, _ := b.lookup(k)
			l := b.content(k, m)
			detail := detailOf(l) + stateDetail(st)
			lines = append(lines, control.Line{Path: path, Kind: "message", Name: nameOf(l), Digest: digest(detail), Detail: detail})
		}
	}
	return lines, nil
}

func nameOf(l *letter.Letter) string {
	if l.Subject == "" {
		return l.MessageID
	}
	return l.Subject
}

func stateDetail(s state) string {
	detail := fmt.Sprintf(" read=%t draft=%t importance=%s flag=%s", s.read, s.draft, s.importance, s.flag.status)
	for _, date := range s.flag.dates() {
		if !date.when.IsZero() {
			detail += " " + date.name + "=" + date.when.Format(time.RFC3339)
		}
	}
	categories := slices.Clone(s.categories)
	slices.Sort(categories)
	return detail + fmt.Sprintf(" categories=%q", categories)
}

// detailOf writes content as one line; bodies and attachments as digests.
func detailOf(l *letter.Letter) string {
	var d strings.Builder
	fmt.Fprintf(&d, "subject=%q html=%t body=%d:%s from=%s sender=%s", l.Subject, l.HTML, len(l.Body), digest(string(l.Body)), one(l.From), one(l.Sender))
	fmt.Fprintf(&d, " to=%s cc=%s bcc=%s replyTo=%s", several(l.To), several(l.Cc), several(l.Bcc), several(l.ReplyTo))
	fmt.Fprintf(&d, " received=%s sent=%s id=%q attachments=%s", l.Received.Format(time.RFC3339), l.Sent.Format(time.RFC3339), l.MessageID, files(l))
	return d.String()
}

// files describes attachments without regard to their order.
func files(l *letter.Letter) string {
	list := make([]string, 0, len(l.Attachments))
	for _, a := range l.Attachments {
		switch a.Kind {
		case letter.Item:
			list = append(list, fmt.Sprintf("item %q {%s}", a.Name, inner(a.Item)))
		case letter.Reference:
			list = append(list, fmt.Sprintf("reference %q", a.Name))
		default:
			list = append(list, fmt.Sprintf("file %q %s cid=%q inline=%t %d:%s", a.Name, a.ContentType, a.ContentID, a.Inline, a.Size(), digest(string(a.Bytes()))))
		}
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

// inner describes a mail inside a mail by what an itemAttachment can be written with.
func inner(l *letter.Letter) string {
	return fmt.Sprintf("subject=%q html=%t body=%d:%s from=%s to=%s cc=%s attachments=%s",
		l.Subject, l.HTML, len(l.Body), digest(string(l.Body)), one(l.From), several(l.To), several(l.Cc), files(l))
}

func one(a *letter.Address) string {
	if a == nil {
		return "none"
	}
	return several([]letter.Address{*a})
}

// several describes people in their order. A name that only repeats the address counts as none.
func several(list []letter.Address) string {
	texts := make([]string, len(list))
	for i, a := range list {
		if a.Name == a.Address {
			a.Name = ""
		}
		texts[i] = fmt.Sprintf("%q<%s>", a.Name, a.Address)
	}
	return fmt.Sprint(texts)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// Expire makes delta tokens worthless.
func (s *Store) Expire(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, b := range s.boxes {
		if user == "" || user == id {
			b.mu.Lock()
			b.generation++
			b.mu.Unlock()
		}
	}
}
