package gateway

import (
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Host puts the ledger, scripted faults and latency before a pre-authenticated host: its requests
// carry no token, and no limits are published for it. Its route is /name.
func (g *Gateway) Host(name string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{gateway: g, path: "/" + name}
		v.Request, v.Now = r, g.Now()
		out := v.open(w)
		defer out.close()
		v.identify()
		v.outcome = g.Faults.Decide(r.Method, v.path, "")
		v.misbehave(out, func() {
			if faults.Wait(r.Context(), time.Duration(g.latency.Load())) {
				handler.ServeHTTP(v.Writer, r.WithContext(wire.WithEffects(r.Context(), effects(v.outcome))))
			}
		})
	})
}
