package directory

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// token is where a delta query stands. Everything that the first call asked for travels in it.
type token struct {
	Generation int      `json:"g"`
	Since      uint64   `json:"s"`           // changes up to here are known to the client
	Until      uint64   `json:"u,omitempty"` // this round reports changes up to here; 0: a round begins
	Position   uint64   `json:"p,omitempty"` // last change that was reported in this round
	Members    int      `json:"m,omitempty"` // members already reported of the group behind Position
	Select     []string `json:"f,omitempty"`
	Filter     string   `json:"q,omitempty"`
}

func (t token) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// begin reads the token of a call, or makes the one of a first call.
func (s *Store) begin(c *wire.Call) (token, error) {
	first := token{Generation: s.generation, Select: c.Query.Select, Filter: c.Query.Filter}
	switch c.Query.Token {
	case "":
		return first, nil
	case "latest":
		first.Since, first.Until, first.Position = s.readable(), s.readable(), math.MaxUint64>>1
		return first, nil
	}
	var t token
	text, err := base64.RawURLEncoding.DecodeString(c.Query.Token)
	if err != nil || json.Unmarshal(text, &t) != nil {
		return t, wire.BadRequest("Request_BadRequest", "Badly formed token.")
	}
	if t.Generation != s.generation {
		return t, &wire.Error{
			Status: http.StatusGone, Code: "syncStateNotFound",
			Message: "The sync state generation is not found; resync is required.",
			Header:  http.Header{"Location": {c.Self() + "?$deltatoken="}},
		}
	}
	return t, nil
}
