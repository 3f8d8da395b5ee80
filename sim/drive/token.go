package drive

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sort"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// token is where a delta query stands. What the first call asked for travels in it.
type token struct {
	Generation int      `json:"g"`
	Since      uint64   `json:"s"`           // changes up to here are known to the client
	Until      uint64   `json:"u,omitempty"` // this round reports changes up to here; 0: a round begins
	Position   uint64   `json:"p,omitempty"` // last change reported in this round
	Size       int      `json:"n,omitempty"` // of a page
	Select     []string `json:"f,omitempty"`
}

func (t token) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// done is the token of the next round.
func (t token) done() token {
	t.Since, t.Until, t.Position = t.Until, 0, 0
	return t
}

// begin reads the token of a call, or makes a first one. latest means that only the token for the
// next round is wanted.
func (d *drive) begin(c *wire.Call) (t token, latest bool, err error) {
	given := c.Query.Raw.Get("token")
	if argument := c.Param("token"); argument != "" {
		given = argument
	}
	if given == "" {
		given = c.Query.Token
	}
	t = token{Generation: d.generation, Select: c.Query.Select, Size: pageSize(c)}
	switch moment, err := time.Parse(time.RFC3339, given); {
	case given == "":
	case given == "latest":
		t.Since, latest = uint64(len(d.log)), true
	case err == nil:
		t.Since = uint64(sort.Search(len(d.log), func(n int) bool { return d.log[n].at.After(moment) }))
	default:
		t = token{}
		text, err := base64.RawURLEncoding.DecodeString(given)
		if err != nil || json.Unmarshal(text, &t) != nil {
			return t, false, wire.BadRequest("invalidRequest", "The delta token is not valid.")
		}
	}
	if c.Quirk("lost-location") && given == "" && c.Query.Raw.Has("token") {
		return t, false, &wire.Error{Status: http.StatusInternalServerError, Code: "generalException", Message: "General exception while processing"}
	}
	if t.Generation != d.generation {
		differences := "resyncChangesApplyDifferences"
		if c.Quirk("resync-upload") {
			differences = "resyncChangesUploadDifferences"
		}
		return t, false, &wire.Error{Status: http.StatusGone, Code: "resyncRequired", Inner: differences,
			Message: "Resync required. Replace any local items with the server's version (including deletes).",
			Header:  http.Header{"Location": {c.Self() + "?token="}}}
	}
	if t.Until == 0 {
		t.Until, t.Position = uint64(len(d.log)), t.Since
	}
	return t, latest, nil
}
