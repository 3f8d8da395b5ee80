package drive

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var contentRange = regexp.MustCompile(`^bytes (\d{1,15})-(\d{1,15})/(\d{1,15})$`)

// span is a fragment's place in the file.
type span struct{ from, to, total int64 } // to is exclusive

func parseSpan(header string) (span, bool) {
	match := contentRange.FindStringSubmatch(header)
	if match == nil {
		return span{}, false
	}
	var numbers [3]int64
	for n := range numbers {
		numbers[n], _ = strconv.ParseInt(match[n+1], 10, 64) // digits, and few enough
	}
	p := span{numbers[0], numbers[1] + 1, numbers[2]}
	return p, p.from < p.to && p.to <= p.total
}

// progress tells what is missing.
func (u *upload) progress(c *wire.Call, status int) error {
	b := wire.AppendTime([]byte(`{"expirationDateTime":`), u.expires)
	b = append(b, `,"nextExpectedRanges":[`...)
	if u.received != u.size {
		b = append(strconv.AppendInt(append(b, '"'), u.received, 10), `-"`...)
	}
	return c.JSON(status, append(b, `]}`...))
}

// fragment takes the next piece of the file; the last one makes the item.
func (u *upload) fragment(c *wire.Call) error {
	p, ok := parseSpan(c.Request.Header.Get("Content-Range"))
	if !ok || c.Request.ContentLength != p.to-p.from {
		return wire.BadRequest("invalidRequest", "The Content-Range header is missing or malformed, or does not fit the content.")
	}
	if err := u.announce(p.total); err != nil {
		return err
	}
	switch n := p.to - p.from; {
	case p.from != u.received:
		return &wire.Error{Status: http.StatusRequestedRangeNotSatisfiable, Code: "invalidRange", Inner: "fragmentOverlap", Message: "The uploaded fragment overlaps with existing data, or is not the one that is expected next."}
	case n > largestFragment:
		return &wire.Error{Status: http.StatusRequestEntityTooLarge, Code: "invalidRequest", Message: "A fragment has at most 60 MiB."}
	case p.to != p.total && n%fragmentUnit != 0:
		return wire.BadRequest("invalidRequest", "The size of a fragment has to be a multiple of 320 KiB.")
	}
	if u.space.Fill(c.Request.Body, p.from, p.to-p.from) != nil {
		return wire.BadRequest("invalidRequest", "IO error during request payload read")
	}
	u.received, u.expires = p.to, c.Now.Add(uploadLife)
	if u.received < u.size || u.deferred {
		return u.progress(c, http.StatusAccepted)
	}
	return u.commit(c)
}

// announce sets the size of the file aside; it must not change.
func (u *upload) announce(total int64) error {
	if u.size >= 0 {
		if total != u.size {
			return wire.BadRequest("invalidRequest", "The total size differs from the one that was announced.")
		}
		return nil
	}
	u.drive.mu.RLock()
	err := u.drive.checkQuota(total)
	u.drive.mu.RUnlock()
	if err != nil {
		return err
	}
	u.space, err = u.drive.store.spool.Reserve(total)
	if err == nil {
		u.size = total
	}
	return err
}

// commit makes the item of what was received. A session whose name was taken meanwhile stays.
func (u *upload) commit(c *wire.Call) error {
	if u.received != u.size {
		return wire.BadRequest("invalidRequest", "The upload is not complete.")
	}
	d := u.drive
	d.mu.Lock()
	defer d.mu.Unlock()
	t, err := d.target(u.folder, u.name)
	if err == nil {
		err = d.accept(c, t, u.wanted, arrival{u.space, u.size, u.dates, u.effects})
	}
	u.over = err == nil
	return err
}
