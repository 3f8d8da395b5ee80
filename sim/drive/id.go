package drive

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// A drive's id is "b!" and three GUIDs in base64; the last of them is the owner's, disguised.
// An item's is "01" and 20 bytes in base32: the drive's seed, the number, and a check.
const (
	drivePrefix = "b!"
	itemPrefix  = "01"
)

func (s *Store) mask() seed.Source { return seed.New(s.config.Seed, seed.Text("drive id")) }

// ID is the id of the drive that the user with an object id has.
func (s *Store) ID(user string) string { return s.driveID(user) }

func (s *Store) driveID(user string) string {
	var raw [48]byte
	source := seed.New(s.config.Seed, seed.Text("site"), seed.Text(user))
	source.Bytes(raw[:32])
	mask := s.mask()
	mask.Bytes(raw[32:])
	owner, _ := hex.DecodeString(strings.ReplaceAll(user, "-", "")) // a directory has only GUIDs
	for i, b := range owner[:16] {
		raw[32+i] ^= b
	}
	return drivePrefix + base64.RawURLEncoding.EncodeToString(raw[:])
}

// Owner is the object id of the user whose drive has an id, or nothing.
func (s *Store) Owner(driveID string) string {
	text, ok := strings.CutPrefix(driveID, drivePrefix)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) != 48 {
		return ""
	}
	var mask [16]byte
	source := s.mask()
	source.Bytes(mask[:])
	for i := range mask {
		raw[32+i] ^= mask[i]
	}
	user := s.config.Directory.Resolve(guid(raw[32:]))
	if user == "" || s.driveID(user) != driveID {
		return ""
	}
	return user
}

func guid(raw []byte) string {
	text := hex.EncodeToString(raw)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

func (d *drive) itemID(number uint64) string { return string(d.appendItemID(nil, number)) }

func (d *drive) appendItemID(b []byte, number uint64) []byte {
	var raw [20]byte
	check := seed.New(d.seed, number)
	binary.BigEndian.PutUint64(raw[:], d.seed)
	binary.BigEndian.PutUint64(raw[8:], number^d.seed>>7)
	binary.BigEndian.PutUint32(raw[16:], uint32(check.Uint64()))
	return letters.AppendEncode(append(b, itemPrefix...), raw[:])
}

// find returns the item that an id names, if it is there. "root" names the root.
func (d *drive) find(id string) *item {
	if strings.EqualFold(id, "root") {
		return d.root
	}
	text, ok := strings.CutPrefix(strings.ToUpper(id), itemPrefix)
	raw, err := letters.DecodeString(text)
	if !ok || err != nil || len(raw) != 20 {
		return nil
	}
	number := binary.BigEndian.Uint64(raw[8:]) ^ d.seed>>7
	if i := d.items[number]; i != nil && d.itemID(number) == strings.ToUpper(id) && i.there() {
		return i
	}
	return nil
}

// unique is the GUID that stands for an item in tags and addresses.
func (d *drive) unique(i *item) string {
	source := seed.New(d.seed, seed.Text("unique"), i.number)
	return strings.ToUpper(source.GUID())
}
