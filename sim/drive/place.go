package drive

import (
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// behaviour is what happens when a name is taken.
type behaviour string

const (
	fail    behaviour = "fail"
	replace behaviour = "replace"
	rename  behaviour = "rename"
)

// or checks what a client said, and fills in the default.
func (b behaviour) or(standard behaviour) (behaviour, error) {
	switch b = behaviour(strings.ToLower(string(b))); b {
	case "":
		return standard, nil
	case fail, replace, rename:
		return b, nil
	}
	return b, wire.BadRequest("invalidRequest", "The conflict behavior is not valid: fail, replace or rename.")
}

func nameTaken() *wire.Error {
	return wire.Conflict("nameAlreadyExists", "The specified item name already exists.")
}

// target is where a file is to be written: over an item, or new under a name in a folder.
type target struct {
	folder *item
	name   string
	onto   *item // what has the name now; nil: nothing
}

// aim finds the target that the path of a call names. With a path below an item or the root,
// folders on the way that are missing are made if it is to be written at once.
func (d *drive) aim(c *wire.Call, now time.Time) (target, error) {
	path := names(c.Param("path"))
	if len(path) == 0 {
		i, err := d.locate(c)
		if err == nil && i.folder() {
			err = wire.BadRequest("invalidRequest", "The item is a folder: a name is missing.")
		}
		if err != nil {
			return target{}, err
		}
		return target{i.parent, i.name, i}, nil
	}
	folder := d.root
	if id := c.Param("item"); id != "" {
		if folder = d.find(id); folder == nil {
			return target{}, itemNotFound()
		}
	}
	for _, name := range path[:len(path)-1] {
		next, err := d.step(folder, name, now)
		if err != nil {
			return target{}, err
		}
		folder = next
	}
	return d.target(folder, path[len(path)-1])
}

// step goes to a folder in a folder; it is made if it is missing.
func (d *drive) step(folder *item, name string, now time.Time) (*item, error) {
	if !folder.folder() {
		return nil, wire.BadRequest("invalidRequest", "The parent is not a folder.")
	}
	if next := folder.child(name); next != nil {
		return next, nil
	}
	if err := checkName(folder, name); err != nil {
		return nil, err
	}
	return d.add(folder, name, nil, dates{}.or(now, now), now), nil
}

// target is a name in a folder.
func (d *drive) target(folder *item, name string) (target, error) {
	switch {
	case folder == nil || !folder.there():
		return target{}, itemNotFound()
	case !folder.folder():
		return target{}, wire.BadRequest("invalidRequest", "The parent is not a folder.")
	}
	if onto := folder.child(name); onto != nil {
		return target{folder, name, onto}, nil
	}
	return target{folder, name, nil}, checkName(folder, name)
}

// settle decides what a taken name means.
func (t target) settle(b behaviour) (target, error) {
	switch {
	case t.onto == nil:
		return t, nil
	case b == rename:
		return target{t.folder, free(t.folder, t.name), nil}, nil
	case b == replace && !t.onto.folder():
		return t, nil
	}
	return t, nameTaken()
}

// checkQuota refuses what does not fit.
func (d *drive) checkQuota(size int64) error {
	if d.root.size+d.binned+size > quota {
		return &wire.Error{Status: http.StatusInsufficientStorage, Code: "quotaLimitReached", Message: "Insufficient space available."}
	}
	return nil
}

// checkMatch refuses a change of what the client does not know.
func (d *drive) checkMatch(tag string, i *item) error {
	if tag == "" || tag == "*" || i != nil && tag == d.tag(i) {
		return nil
	}
	return &wire.Error{Status: http.StatusPreconditionFailed, Code: "resourceModified", Message: "The resource has changed since the caller last read it; usually an eTag mismatch."}
}
