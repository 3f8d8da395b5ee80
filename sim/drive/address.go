package drive

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// addressLife is how long an address of content lets anybody read it.
const addressLife = time.Hour

const ticketPrefix = "v1."

// ticket is what such an address is good for.
type ticket struct {
	user    string // object id of the owner
	number  uint64 // of the item
	expires time.Time
	version int // 0: the current content
}

// address is where content can be read without a token. With the quirk expired-address its time
// is over already.
func (d *drive) address(c *wire.Call, i *item, version int) string {
	t := ticket{d.owner.ID, i.number, c.Now.Add(addressLife), version}
	if c.Quirk("expired-address") {
		t.expires = c.Now.Add(-addressLife)
	}
	return c.HostAs(d.store.config.Machine) + "/" + d.store.Host() + "/personal/" + d.person() + "/_layouts/15/download.aspx?UniqueId=" + strings.ToLower(d.unique(i)) +
		"&Translate=false&tempauth=" + d.store.write(t) + "&ApiVersion=2.0"
}

func (s *Store) write(t ticket) string {
	user, _ := hex.DecodeString(strings.ReplaceAll(t.user, "-", "")) // a directory has only GUIDs
	b := binary.BigEndian.AppendUint64(user, t.number)
	b = binary.BigEndian.AppendUint64(b, uint64(t.expires.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(t.version))
	return ticketPrefix + base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, s.check(b)))
}

func (s *Store) check(b []byte) uint64 {
	source := seed.New(s.config.Seed, seed.Text("ticket"), seed.Text(string(b)))
	return source.Uint64()
}

// read is the ticket in an address, if it is one of ours.
func (s *Store) read(text string) (t ticket, ok bool) {
	text, ok = strings.CutPrefix(text, ticketPrefix)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(b) != 44 || binary.BigEndian.Uint64(b[36:]) != s.check(b[:36]) {
		return t, false
	}
	return ticket{guid(b[:16]), binary.BigEndian.Uint64(b[16:]), time.Unix(int64(binary.BigEndian.Uint64(b[24:])), 0), int(binary.BigEndian.Uint32(b[32:]))}, true
}
