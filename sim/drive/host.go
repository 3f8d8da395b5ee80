package drive

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Serve answers on the pre-authenticated host: downloads, and upload sessions.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request) {
	c := &wire.Call{Writer: w, Request: r, Now: s.config.Now(), Effects: wire.EffectsOf(r.Context())}
	var err error
	switch upload := strings.HasSuffix(r.URL.Path, "/uploadSession"); {
	case r.Header.Get("Authorization") != "":
		err = &wire.Error{Status: http.StatusUnauthorized, Code: "unauthenticated", Message: "A pre-authenticated address takes no Authorization header."}
	case upload:
		err = s.session(c)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		err = s.download(c)
	default:
		err = &wire.Error{Status: http.StatusMethodNotAllowed, Code: "invalidRequest", Message: "Specified HTTP method is not allowed for the request target."}
	}
	if err != nil {
		c.Fail(err)
	}
}
