package wire

import "strings"

// Service is the part of Microsoft 365 that answers a route. It decides which limits apply and
// how refusals are worded.
type Service string

// The services that the simulator has.
const (
	Directory Service = "directory"
	Outlook   Service = "outlook"
	Files     Service = "files"
	Gateway   Service = "gateway" // $batch and what Graph answers itself

	Subscriptions Service = "subscriptions"
)

// Route is one method on one path template.
type Route struct {
	Method  string
	Path    string   // "/users/{user}/mailFolders/{folder}/messages": lower-camel as in Graph's metadata
	Service Service  // whose limits it counts against
	Class   string   // for limits that only some routes of a service have; see package throttle
	Roles   []string // application permissions, any of which suffices; none: any valid token
	Units   int      // resource units as the service counts them; 0 means 1
	Serve   func(*Call) error
}

// Cost is what one call costs in the units of its service.
func (r *Route) Cost() int { return max(r.Units, 1) }

// Writes tells whether the route changes something.
func (r *Route) Writes() bool { return r.Method != "GET" }

// String names the route as ledgers do.
func (r *Route) String() string { return r.Method + " " + r.Path }

// Router finds the route of a path. Fixed segments win over parameters and are compared
// without regard to case, as Graph does.
type Router struct {
	root  node
	names []string
}

// Routes names all routes, in the order in which they were added.
func (r *Router) Routes() []string { return r.names }

type node struct {
	fixed  map[string]*node
	any    *node // {name}
	colon  *node // {name}: opens a path between colons
	routes map[string]*Route
	names  map[string][]string // by method: the parameters in order
}

// Add registers routes; a template that is there already is replaced.
func (r *Router) Add(routes ...Route) {
	for i := range routes {
		r.add(&routes[i])
	}
}

func (r *Router) add(route *Route) {
	r.names = append(r.names, route.String())
	at, names := &r.root, []string(nil)
	for _, segment := range strings.Split(strings.Trim(route.Path, "/"), "/") {
		at, names = at.child(segment, names)
	}
	if at.routes == nil {
		at.routes, at.names = map[string]*Route{}, map[string][]string{}
	}
	at.routes[route.Method], at.names[route.Method] = route, names
}

func (n *node) child(segment string, names []string) (*node, []string) {
	name, parameter := strings.CutPrefix(segment, "{")
	if !parameter {
		if n.fixed == nil {
			n.fixed = map[string]*node{}
		}
		key := strings.ToLower(segment)
		if n.fixed[key] == nil {
			n.fixed[key] = &node{}
		}
		return n.fixed[key], names
	}
	slot := &n.any
	if strings.HasSuffix(name, ":") {
		slot = &n.colon
	}
	if *slot == nil {
		*slot = &node{}
	}
	return *slot, append(names, strings.TrimRight(name, "}:"))
}

// Match finds the route for a method and canonical segments, and the values of its parameters.
// known is false if no method has the path.
func (r *Router) Match(method string, segments []string) (route *Route, params map[string]string, known bool) {
	leaf, values := r.root.match(segments, nil, method)
	if leaf == nil {
		leaf, _ = r.root.match(segments, nil, "")
		return nil, nil, leaf != nil
	}
	params = make(map[string]string, len(values))
	for i, name := range leaf.names[method] {
		params[name] = values[i]
	}
	return leaf.routes[method], params, true
}

// match walks the tree; an empty method accepts any leaf.
func (n *node) match(segments, values []string, method string) (*node, []string) {
	if len(segments) == 0 {
		if n.routes[method] != nil || method == "" && len(n.routes) > 0 {
			return n, values
		}
		return nil, nil
	}
	head, rest := segments[0], segments[1:]
	if next := n.fixed[strings.ToLower(head)]; next != nil {
		if leaf, found := next.match(rest, values, method); leaf != nil {
			return leaf, found
		}
	}
	if n.colon != nil && strings.HasSuffix(head, ":") {
		if leaf, found := n.colon.match(rest, append(values, strings.TrimSuffix(head, ":")), method); leaf != nil {
			return leaf, found
		}
	}
	if n.any != nil {
		return n.any.match(rest, append(values, head), method)
	}
	return nil, nil
}
