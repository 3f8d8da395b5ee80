package gateway

import (
	"maps"
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Host puts the ledger, scripted faults, latency and the limits of bytes before a pre-authenticated
// host of a service: its requests carry no token and cost no units. Its route is /name.
func (g *Gateway) Host(name string, service wire.Service, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{gateway: g, path: "/" + name}
		v.Request, v.Now = r, g.Now()
		out := v.open(w)
		defer out.close()
		v.identify()
		v.outcome = g.Faults.Decide(r.Method, v.path, "")
		v.misbehave(out, func() {
			request := throttle.Request{Service: service, Write: r.Method != http.MethodGet, Size: max(r.ContentLength, 0)}
			if !request.Write {
				request.Class = throttle.Download
			}
			_, header, refused := g.Limiter.Admit(request, v.Now)
			maps.Copy(out.Header(), header)
			if refused != nil {
				v.Fail(v.reword(refused))
				return
			}
			if faults.Wait(r.Context(), time.Duration(g.latency.Load())) {
				handler.ServeHTTP(v.Writer, r.WithContext(wire.WithEffects(r.Context(), effects(v.outcome))))
			}
			g.Limiter.Sent(request, out.sent, v.Now)
		})
	})
}
