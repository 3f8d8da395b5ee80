package wire

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"
)

// Call is one request to Graph on its way: what was asked, by whom, and where the answer goes.
type Call struct {
	Writer    http.ResponseWriter
	Request   *http.Request
	Route     *Route
	Params    map[string]string // parameters of the template, and arguments of functions
	Query     Query
	Prefer    Prefer
	App       string   // client id of the caller
	Roles     []string // what its token allows
	User      string   // object id of the user in the path, if there is one
	Effects   Effects  // what scripted faults do to this call
	Now       time.Time
	RequestID string
	Batched   bool // a member of a $batch
}

// Effects are the scripted misbehaviours that only the answering package can carry out.
type Effects struct {
	Quirks        map[string]bool
	Corrupt       string // byte, flag or drop: what happens to what the client writes
	DuplicatePage bool   // this page's next link leads to itself, once
}

type effectsKey struct{}

// WithEffects carries effects to a handler that has no Call.
func WithEffects(ctx context.Context, e Effects) context.Context {
	return context.WithValue(ctx, effectsKey{}, e)
}

// EffectsOf are the effects that a context carries.
func EffectsOf(ctx context.Context) Effects {
	e, _ := ctx.Value(effectsKey{}).(Effects)
	return e
}

// Param returns a parameter of the path.
func (c *Call) Param(name string) string { return c.Params[name] }

// Quirk tells whether a quirk is switched on for this call.
func (c *Call) Quirk(name string) bool { return c.Effects.Quirks[name] }

// Host is scheme and host as the client wrote them, so that links lead back the way it came.
func (c *Call) Host() string {
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Request.Host
}

// HostAs is the same under another name of the machine. An empty name is the client's own.
func (c *Call) HostAs(name string) string {
	scheme, host, _ := strings.Cut(c.Host(), "://")
	_, port, err := net.SplitHostPort(host)
	switch {
	case name == "":
		return c.Host()
	case err != nil:
		return scheme + "://" + name
	}
	return scheme + "://" + net.JoinHostPort(name, port)
}

// Version is v1.0 or beta.
func (c *Call) Version() string {
	version, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	return version
}

// Root is the service root of the call, without a trailing slash.
func (c *Call) Root() string { return c.Host() + "/" + c.Version() }

// Self is the address of the call without its query.
func (c *Call) Self() string { return c.Host() + c.Request.URL.EscapedPath() }

// Context is the value of @odata.context for a path of the metadata, such as "users".
func (c *Call) Context(fragment string) string { return c.Root() + "/$metadata#" + fragment }

// Advanced tells whether the directory's advanced queries are on.
func (c *Call) Advanced() bool {
	return strings.EqualFold(c.Request.Header.Get("ConsistencyLevel"), "eventual")
}
