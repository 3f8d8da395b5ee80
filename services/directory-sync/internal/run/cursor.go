package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// Cursor is where a sync ended, and so where the next one begins.
type Cursor struct {
	People  string      // delta link; empty: everything has to be read
	Members []GroupLink // one per 50 groups
	Rules   string      // fingerprint of the rules that were applied
	Settled bool        // nothing of what they ask for was left undone
	Parts   int         // of the mirror; the store's business
	Saved   time.Time   // UTC
	Whole   time.Time   // when everybody was last decided about, UTC

	Sequence uint64 // of the state it was read from; 0 if there was none
}

// GroupLink is the delta link of some groups.
type GroupLink struct {
	Groups []m365.GroupID
	Link   string
}

// groupsPerLink is how many ids a filter of a group delta takes:
// https://learn.microsoft.com/graph/delta-query-groups
const groupsPerLink = 50

// renewAfter is when links are saved even if they led to nothing new: well before they expire.
const renewAfter = 24 * time.Hour

// wholeAfter is when everybody is decided about although few have changed: nothing should come of it.
const wholeAfter = 24 * time.Hour

// partly tells whether those whom nothing was heard of are as the rules want them.
func (c Cursor) partly(rules directory.Rules, now time.Time) bool {
	return c.Settled && c.Rules == fingerprint(rules) && now.Sub(c.Whole) < wholeAfter
}

// groups lists what the links cover, sorted as they were asked for.
func (c Cursor) groups() []m365.GroupID {
	var groups []m365.GroupID
	for _, link := range c.Members {
		groups = append(groups, link.Groups...)
	}
	return groups
}

// idle tells whether a sync that read nothing new has nothing to do.
func (c Cursor) idle(rules directory.Rules, now time.Time) bool {
	return c.Settled && c.Rules == fingerprint(rules) && now.Sub(c.Saved) < renewAfter
}

// unread makes links that nothing was read with.
func unread(groups []m365.GroupID) []GroupLink {
	var links []GroupLink
	for chunk := range slices.Chunk(groups, groupsPerLink) {
		links = append(links, GroupLink{Groups: chunk})
	}
	return links
}

// fingerprint changes whenever rules could decide otherwise.
func fingerprint(rules directory.Rules) string {
	hash := sha256.New()
	for _, m := range rules {
		fmt.Fprintf(hash, "%q %d %+q %q\n", m.ID, m.Priority, []any{m.Criterion.Everybody, m.Criterion.Group, m.Criterion.Attribute, m.Criterion.Value}, m.Profile)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
