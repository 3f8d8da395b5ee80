package gateway

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/ledger"
	"github.com/tenantkeep/tenantkeep/sim/login"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config is what the gateway consults.
type Config struct {
	Router  *wire.Router
	Login   *login.Server
	Ledger  *ledger.Ledger
	Faults  *faults.Script
	Limiter *throttle.Limiter
	Resolve func(idOrName string) string // object id of the user in a path
	Owner   func(drive string) string    // object id of the user whose drive is in a path
	Now     func() time.Time
	Latency time.Duration
}

// Gateway answers below /v1.0/ and /beta/.
type Gateway struct {
	Config
	latency atomic.Int64
	plain   atomic.Bool
	counter atomic.Uint64
}

// New makes a gateway and adds $batch to its routes.
func New(config Config) *Gateway {
	g := &Gateway{Config: config}
	g.SetLatency(config.Latency)
	g.Router.Add(wire.Route{Method: "POST", Path: "/$batch", Service: wire.Gateway, Serve: g.batch})
	return g
}

// SetLatency changes how long every call takes at least.
func (g *Gateway) SetLatency(latency time.Duration) { g.latency.Store(int64(latency)) }

// SetPlain tells whether answers stay as they are also for clients that take gzip.
func (g *Gateway) SetPlain(plain bool) { g.plain.Store(plain) }

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.serve(w, r, false) }

// visit is one call on its way through the door.
type visit struct {
	wire.Call
	gateway *Gateway
	known   bool // some method has this path
	path    string
	outcome faults.Outcome
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, batched bool) {
	v := &visit{gateway: g}
	v.Request, v.Now, v.Batched = r, g.Now(), batched
	if g.plain.Load() {
		r.Header.Del("Accept-Encoding")
	}
	v.resolve()
	out := v.open(w)
	defer out.close()
	v.identify()
	v.outcome = g.Faults.Decide(r.Method, v.path, v.User)
	v.Effects = effects(v.outcome)
	v.misbehave(out, func() {
		if err := v.answer(out); err != nil {
			v.Fail(err)
		}
	})
}

// resolve finds the route and the user it is about.
func (v *visit) resolve() {
	_, rest, _ := strings.Cut(strings.TrimPrefix(v.Request.URL.EscapedPath(), "/"), "/")
	segments, arguments := wire.Split(rest)
	v.Route, v.Params, v.known = v.gateway.Router.Match(v.Request.Method, segments)
	v.path = "unknown"
	if v.Route == nil {
		return
	}
	v.path = v.Route.Path
	for name, value := range arguments {
		v.Params[name] = value
	}
	if user := v.Params["user"]; user != "" {
		v.User = v.gateway.Resolve(user)
	}
	if drive := v.Params["drive"]; drive != "" {
		v.User = v.gateway.Owner(drive)
	}
}

func (v *visit) open(w http.ResponseWriter) *tracked {
	units := 0
	if v.Route != nil {
		units = v.Route.Cost()
	}
	entry := v.gateway.Ledger.Begin(ledger.Request{
		Route: v.Request.Method + " " + v.path, User: v.User, Units: units, Size: v.Request.ContentLength})
	out := &tracked{ResponseWriter: w, body: v.Request.Body, entry: entry}
	v.Writer = out
	return out
}

// identify puts the headers that every answer has.
func (v *visit) identify() {
	source := seed.New(uint64(v.Now.UnixNano()), v.gateway.counter.Add(1))
	v.RequestID = source.GUID()
	header := v.Writer.Header()
	header.Set("request-id", v.RequestID)
	client := v.Request.Header.Get("client-request-id")
	if client == "" {
		client = v.RequestID
	}
	header.Set("client-request-id", client)
	header.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SIM"}}`)
	header.Set("Date", v.Now.UTC().Format(http.TimeFormat))
}

// answer checks token, path, permission and limits, and serves the call.
func (v *visit) answer(out *tracked) error {
	caller, message := v.gateway.Login.Verify(v.Request.Header.Get("Authorization"))
	if message != "" {
		return unauthorised(message)
	}
	v.App, v.Roles = caller.App, caller.Roles
	if v.Route == nil {
		return v.nowhere()
	}
	if v.Quirk("plain-bodies") && v.Request.Header.Get("Content-Encoding") != "" {
		return &wire.Error{Status: http.StatusUnsupportedMediaType, Code: "UnsupportedMediaType", Message: "The content encoding of the request is not supported."}
	}
	if !permitted(v.Route.Roles, v.Roles) {
		return denied(v.Route.Service)
	}
	query, err := wire.ParseQuery(v.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	v.Query, v.Prefer = query, wire.ParsePrefer(v.Request.Header)
	if err := v.admit(out); err != nil {
		return err
	}
	latency := time.Duration(v.gateway.latency.Load())
	if v.Route.Service == wire.Gateway {
		latency = 0 // a batch takes as long as its members
	}
	if !faults.Wait(v.Request.Context(), latency) {
		return nil
	}
	return v.Route.Serve(&v.Call)
}

// quirkConcurrent is how many requests a mailbox takes at once with the quirk mailbox-concurrent.
const quirkConcurrent = 3

func (v *visit) admit(out *tracked) error {
	request := throttle.Request{Service: v.Route.Service, Class: v.Route.Class, App: v.App, Mailbox: v.User, Units: v.units(),
		Write: v.Route.Writes(), Size: max(v.Request.ContentLength, 0)}
	if v.Quirk("mailbox-concurrent") {
		request.Concurrent = quirkConcurrent
	}
	release, header, refused := v.gateway.Limiter.Admit(request, v.Now)
	out.release = release
	for name, values := range header {
		out.Header()[name] = values
	}
	if refused != nil {
		return v.reword(refused)
	}
	return nil
}

// units is the price of the call: in the directory, $select and a small $top make it cheaper and
// $expand dearer; of a drive's changes a token makes it cheap, permissions dear.
func (v *visit) units() int {
	units := v.Route.Cost()
	if v.Route.Service == wire.Files && (v.Query.Raw.Has("token") || v.Params["token"] != "") {
		units = 1
	}
	if _, rights := v.Query.Expands("permissions"); v.Route.Service == wire.Files && rights {
		return 5
	}
	if v.Route.Service != wire.Directory {
		return units
	}
	if len(v.Query.Select) > 0 {
		units--
	}
	if strings.HasSuffix(v.Route.Path, "/getByIds") && len(v.Query.Select) > 0 {
		return 2
	}
	if v.Query.Top > 0 && v.Query.Top < 20 {
		units--
	}
	return max(units+len(v.Query.Expand), 1)
}

func permitted(wanted, held []string) bool {
	for _, role := range held {
		for _, enough := range wanted {
			if role == enough {
				return true
			}
		}
	}
	return len(wanted) == 0
}
