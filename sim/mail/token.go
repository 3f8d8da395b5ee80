package mail

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// token is where a delta query stands. What the first call asked for travels in it.
type token struct {
	Generation int           `json:"g"`
	Folder     uint32        `json:"i,omitempty"`
	Since      uint64        `json:"s"`           // changes up to here are known to the client
	Until      uint64        `json:"u,omitempty"` // this round reports changes up to here; 0: a round begins
	Position   uint64        `json:"p,omitempty"` // last change reported in this round
	Before     uint64        `json:"b,omitempty"` // where the round before began, for replays
	Left       int           `json:"l,omitempty"` // items that $top still allows
	Select     []string      `json:"f,omitempty"`
	Expand     []wire.Expand `json:"e,omitempty"`
	Filter     string        `json:"q,omitempty"`
	Change     string        `json:"c,omitempty"` // changeType
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
	next := t
	next.Since, next.Before, next.Until, next.Position, next.Left = t.Until, t.Since, 0, 0, 0
	return next
}

// begin reads the token of a call about a folder (0: about the folders), or makes a first one.
func (b *box) begin(c *wire.Call, folder uint32) (token, error) {
	t := token{Generation: b.generation, Folder: folder, Select: c.Query.Select, Expand: c.Query.Expand, Filter: c.Query.Filter,
		Change: c.Query.Raw.Get("changeType"), Left: c.Query.Top}
	if c.Query.Token != "" {
		t = token{}
		text, err := base64.RawURLEncoding.DecodeString(c.Query.Token)
		if err != nil || json.Unmarshal(text, &t) != nil || t.Folder != folder {
			return t, &wire.Error{Status: http.StatusBadRequest, Code: "SyncStateInvalid", Message: "The sync state is invalid."}
		}
	}
	if t.Generation != b.generation {
		return t, &wire.Error{Status: http.StatusGone, Code: "SyncStateNotFound",
			Message: fmt.Sprintf("The sync state generation is not found; generation=%d;[highest=%d].", t.Generation, b.generation),
			Header:  http.Header{"Location": {c.Self() + "?$deltatoken="}}}
	}
	if t.Until == 0 {
		t.Until, t.Position = b.sequence, t.Since
		if c.Quirk("replay") {
			t.Position = t.Before
		}
	}
	return t, nil
}
