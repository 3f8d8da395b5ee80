package published

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// pattern is the left side of a row of calls.
type pattern struct {
	method    string
	path      []string
	condition string
}

func parse(call string) pattern {
	words := strings.Fields(call)
	p := pattern{method: words[0], path: strings.Split(strings.Trim(words[1], "/"), "/")}
	if len(words) > 2 {
		p.condition = words[2]
	}
	return p
}

// address is a request's address as patterns see it.
type address struct {
	method   string
	segments []string
	query    url.Values
	token    bool
}

// addressOf takes the API's version off, writes users('x') as users/x, and delta(token='x') or search(q='x') without
// what is in their parentheses.
func addressOf(method string, u *url.URL) address {
	a := address{method: method, query: u.Query()}
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if parts[0] == "v1.0" || parts[0] == "beta" {
		parts = parts[1:]
	}
	for _, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		part = strings.TrimPrefix(part, "microsoft.graph.")
		name, inside, found := strings.Cut(part, "(")
		if !found || name == "" || !strings.HasSuffix(inside, ")") {
			a.segments = append(a.segments, part)
			continue
		}
		a.segments = append(a.segments, name)
		inside = strings.TrimSuffix(inside, ")")
		if strings.HasPrefix(inside, "'") {
			a.segments = append(a.segments, strings.Trim(inside, "'"))
		}
		a.token = a.token || strings.HasPrefix(inside, "token=")
	}
	a.token = a.token || a.query.Has("token") || a.query.Has("$deltatoken")
	return a
}

func isWrite(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != ""
}

// fits tells whether the pattern is that of the address, and what {mailbox} or {channel} is in it.
func (p pattern) fits(a address) (owner string, fits bool) {
	switch {
	case p.method == "WRITE" && !isWrite(a.method), p.method == http.MethodGet && isWrite(a.method),
		p.method == http.MethodPost && a.method != http.MethodPost:
		return "", false
	case p.condition == "token" && !a.token,
		p.condition == "$expand=permissions" && !strings.Contains(a.query.Get("$expand"), "permissions"):
		return "", false
	}
	return match(p.path, a.segments)
}

func match(pattern, path []string) (owner string, fits bool) {
	if len(pattern) == 0 {
		return "", len(path) == 0
	}
	switch first := pattern[0]; {
	case first == "...":
		for n := range len(path) + 1 {
			if owner, fits := match(pattern[1:], path[n:]); fits {
				return owner, true
			}
		}
		return "", false
	case first == "{drive}":
		n := drive(path)
		if n == 0 {
			return "", false
		}
		return match(pattern[1:], path[n:])
	case len(path) == 0:
		return "", false
	case strings.HasPrefix(first, "{"):
		owner, fits := match(pattern[1:], path[1:])
		if first == "{mailbox}" || first == "{channel}" {
			owner = path[0]
		}
		return owner, fits
	case first != path[0]:
		return "", false
	default:
		return match(pattern[1:], path[1:])
	}
}

// drive is how many segments at the beginning of a path name a drive, a site or a share; 0: none.
func drive(path []string) int {
	switch {
	case len(path) > 0 && slices.Contains([]string{"drives", "sites", "shares"}, path[0]):
		return min(len(path), 2)
	case len(path) > 2 && (path[0] == "users" || path[0] == "groups") && slices.Contains([]string{"drive", "drives", "sites"}, path[2]):
		return 3
	default:
		return 0
	}
}
