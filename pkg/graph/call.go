package graph

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// call is what the chain knows of a request beyond the request itself. It travels in the context,
// so that requests of the SDK, which have none, take the same way.
type call struct {
	name      string           // for spans and errors: "list messages"
	anonymous bool             // pre-authenticated address: a token would be refused, and leak
	stay      bool             // a redirect is the answer
	paged     bool             // an empty 503 means: ask for a smaller page
	repeat    bool             // may be sent again although its method is not idempotent
	paid      bool             // its price is paid already
	once      bool             // whoever made it repeats it
	fragment  bool             // part of an upload: whether it arrived is asked, not guessed
	price     *ratelimit.Price // nil: by method and address
}

type callKey struct{}

func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

func withCall(ctx context.Context, c call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// WithName names the calls made under ctx, for spans and errors: a verb and a noun, no ids.
func WithName(ctx context.Context, name string) context.Context {
	c := callOf(ctx)
	c.name = name
	return withCall(ctx, c)
}

type priorityKey struct{}

// WithPriority says whose work the calls under ctx are. Without it they are scheduled work.
func WithPriority(ctx context.Context, priority ratelimit.Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, priority)
}

func priorityOf(ctx context.Context) ratelimit.Priority {
	p, _ := ctx.Value(priorityKey{}).(ratelimit.Priority)
	return p
}
