package wire

import (
	"net/url"
	"strings"
)

// Split brings an escaped path into its canonical segments, and returns the arguments of
// functions it calls: delta(token='x') yields the segment "delta" and the argument token.
// A path between colons becomes one segment behind the one that opened it.
func Split(escaped string) (segments []string, arguments map[string]string) {
	raw := strings.Split(strings.Trim(escaped, "/"), "/")
	for i := 0; i < len(raw); i++ {
		segment := unescape(raw[i])
		if strings.HasSuffix(segment, ":") {
			path, next := colonPath(raw, i+1)
			segments = append(segments, segment, path)
			i = next
			continue
		}
		name, key, call := splitParentheses(segment)
		segments = append(segments, strings.TrimPrefix(name, "microsoft.graph."))
		switch {
		case call:
			arguments = parseArguments(key)
		case key != "":
			segments = append(segments, key)
		}
	}
	return segments, arguments
}

// colonPath joins the segments up to the one that ends with a colon; it returns the index of
// the last segment it used.
func colonPath(raw []string, from int) (string, int) {
	var names []string
	for i := from; i < len(raw); i++ {
		name := unescape(raw[i])
		names = append(names, strings.TrimSuffix(name, ":"))
		if strings.HasSuffix(name, ":") {
			return strings.Join(names, "/"), i
		}
	}
	return strings.Join(names, "/"), len(raw)
}

// splitParentheses parts users('key') and delta(token='x'); call says that the brackets hold
// arguments of a function.
func splitParentheses(segment string) (name, key string, call bool) {
	open := strings.IndexByte(segment, '(')
	if open <= 0 || !strings.HasSuffix(segment, ")") {
		return segment, "", false
	}
	inside := segment[open+1 : len(segment)-1]
	if quoted, ok := unquote(inside); ok {
		return segment[:open], quoted, false
	}
	return segment[:open], inside, true
}

func parseArguments(list string) map[string]string {
	arguments := map[string]string{}
	for _, pair := range strings.Split(list, ",") {
		name, value, found := strings.Cut(pair, "=")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		if text, ok := unquote(value); ok {
			value = text
		}
		arguments[strings.TrimSpace(name)] = value
	}
	return arguments
}

// unquote reads an OData string: single quotes, doubled inside.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(text[1:len(text)-1], "''", "'"), true
}

func unescape(segment string) string {
	if plain, err := url.PathUnescape(segment); err == nil {
		return plain
	}
	return segment
}
