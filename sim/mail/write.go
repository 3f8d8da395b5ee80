package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// create answers POST /users/{user}/messages and .../mailFolders/{folder}/messages.
func (s *Store) create(c *wire.Call) error {
	content, err := c.Body()
	if err != nil {
		return err
	}
	if len(content) > largestPost {
		return tooLarge()
	}
	if strings.HasPrefix(c.Request.Header.Get("Content-Type"), "text/plain") {
		return s.createMIME(c, content)
	}
	var given written
	if err := json.Unmarshal(content, &given); err != nil {
		return wire.BadRequest("RequestBodyRead", "The request body cannot be read: "+err.Error())
	}
	extended := given.extendedMap()
	l, err := given.letter(extended, c.Now)
	if err == nil {
		err = attachAll(l, given.Attachments, c.Now)
	}
	if err != nil {
		return err
	}
	return s.insert(c, l, given.state(extended), extended)
}

// createMIME makes a draft from base64 of a MIME message.
func (s *Store) createMIME(c *wire.Call, content []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(content)))
	if err != nil {
		return wire.BadRequest("ErrorMimeContentInvalidBase64String", "The MIME content is not valid base64.")
	}
	l := letter.Parse(raw, c.Now)
	l.Received = c.Now.UTC().Truncate(time.Second)
	return s.insert(c, l, state{draft: true, read: true, importance: l.Importance, flag: flag{status: "notFlagged"}}, nil)
}

// insert puts a new message into the folder of the call, or Drafts, and answers with it.
func (s *Store) insert(c *wire.Call, l *letter.Letter, st state, extended map[string]string) error {
	return s.edit(c, func(b *box) error {
		f := b.folders[drafts]
		if id := c.Param("folder"); id != "" {
			if f = b.folderOf(id); f == nil {
				return itemNotFound()
			}
		}
		if l.MessageID == "" {
			id := seed.New(b.seed, seed.Text("message id"), uint64(b.created))
			l.MessageID = fmt.Sprintf("<%s@%s>", strings.ReplaceAll(id.GUID(), "-", ""), s.config.Domain)
		}
		corrupt(c, l, &st)
		m := b.add(l, st, extended, f.number, c.Now)
		answer := b.answer(c, m)
		if c.Effects.Corrupt == "drop" {
			b.forget(m)
		}
		return c.JSON(http.StatusCreated, answer)
	})
}

// answer shows a message that was written.
func (b *box) answer(c *wire.Call, m *message) []byte {
	v := &view{box: b, selected: selection(nil), immutable: c.Prefer.ImmutableID, owner: c.Param("user")}
	return v.message(nil, m.key, c.Context("users('"+b.owner.ID+"')/messages/$entity"))
}

// corrupt spoils what a client writes, if a script says so: one byte of the body (or of the
// subject, if there is no body), or the read flag.
func corrupt(c *wire.Call, l *letter.Letter, st *state) {
	switch c.Effects.Corrupt {
	case "byte":
		if len(l.Body) > 0 {
			l.Body = bytes.Clone(l.Body)
			at := len(l.Body) / 2
			for l.Body[at] < 'a' || l.Body[at] > 'z' {
				if at++; at == len(l.Body) {
					l.Body = append(l.Body, 'x')
					break
				}
			}
			l.Body[at] ^= 1
			return
		}
		l.Subject += "x"
	case "flag":
		st.read = !st.read
	}
}

// editMessage opens the message that a call names for writing.
func (s *Store) editMessage(c *wire.Call, change func(*box, *message) error) error {
	return s.edit(c, func(b *box) error {
		k, _, err := b.named(c)
		if err != nil {
			return err
		}
		return change(b, b.touch(k))
	})
}

// update answers PATCH .../messages/{message}.
func (s *Store) update(c *wire.Call) error {
	var given written
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.editMessage(c, func(b *box, m *message) error {
		before := m.state
		given.apply(&m.state)
		if err := b.rewrite(m, &given); err != nil {
			m.state = before
			return err
		}
		if c.Effects.Corrupt == "flag" {
			m.state.read = !m.state.read
		}
		m.onlyRead = given.Read != nil && given.Categories == nil && given.Flag == nil && given.Importance == nil && given.Subject == nil && given.Body == nil
		b.changes(m, before, c.Now)
		return c.JSON(http.StatusOK, b.answer(c, m))
	})
}

// rewrite changes the content of a draft; of other messages only some properties can change.
func (b *box) rewrite(m *message, given *written) error {
	for id, value := range given.extendedMap() {
		if m.extended == nil {
			m.extended = map[string]string{}
		}
		m.extended[id] = value
		b.byProperty[id+"\x00"+value] = append(b.byProperty[id+"\x00"+value], m.key)
	}
	if given.Subject == nil && given.Body == nil && given.To == nil && given.Cc == nil && given.Bcc == nil {
		return nil
	}
	if !m.state.draft {
		return &wire.Error{Status: http.StatusForbidden, Code: "ErrorAccessDenied",
			Message: "Access is denied. Updating this property of a message that is not a draft requires Mail-Advanced.ReadWrite.All."}
	}
	l := *b.content(m.key, m)
	if given.Subject != nil {
		l.Subject = *given.Subject
	}
	if given.Body != nil {
		given.Body.set(&l)
	}
	for to, list := range map[*[]letter.Address][]recipient{&l.To: given.To, &l.Cc: given.Cc, &l.Bcc: given.Bcc} {
		if list != nil {
			*to = people(list)
		}
	}
	l.MIME = nil
	m.letter = &l
	return nil
}
