package wire

import (
	"net/url"
	"strconv"
	"strings"
)

// Query holds the OData options of a request. Names are accepted with and without their $.
type Query struct {
	Select  []string
	Expand  []Expand
	Filter  string
	OrderBy string
	Search  string
	Top     int // 0: not given
	Skip    int
	Count   bool
	Token   string // $skiptoken or $deltatoken
	Delta   bool   // the token is a $deltatoken
	Raw     url.Values
}

// Expand is one navigation property of $expand with its own options.
type Expand struct {
	Property string
	Select   []string
	Filter   string
	Expand   []Expand
}

// ParseQuery reads the options of an encoded query. An option that is no number where one
// belongs is an error of the caller.
func ParseQuery(encoded string) (Query, error) {
	// OData parts nested options with semicolons, which net/url no longer takes as they are.
	values, err := url.ParseQuery(strings.ReplaceAll(encoded, ";", "%3B"))
	if err != nil {
		return Query{}, BadRequest("BadRequest", "The query string is not valid.")
	}
	query := Query{Raw: values}
	for name, list := range values {
		if err := query.set(strings.ToLower(strings.TrimPrefix(name, "$")), list[0]); err != nil {
			return Query{}, err
		}
	}
	return query, nil
}

func (q *Query) set(name, value string) (err error) {
	switch name {
	case "select":
		q.Select = splitList(value)
	case "expand":
		q.Expand = parseExpand(value)
	case "filter":
		q.Filter = value
	case "orderby":
		q.OrderBy = value
	case "search":
		q.Search = value
	case "count":
		q.Count = strings.EqualFold(value, "true")
	case "skiptoken":
		q.Token = value
	case "deltatoken":
		q.Token, q.Delta = value, true
	case "top":
		q.Top, err = number("$top", value, 1)
	case "skip":
		q.Skip, err = number("$skip", value, 0)
	}
	return err
}

func number(option, value string, least int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		return 0, BadRequest("BadRequest", "Invalid value '"+value+"' for "+option+" query option found. The "+option+" query option requires a non-negative integer value.")
	}
	return n, nil
}

// Expands returns the options of a navigation property, if it is to be expanded. Names are
// compared without case and without namespace.
func (q Query) Expands(property string) (Expand, bool) { return find(q.Expand, property) }

// Expands is the same for a nested expansion.
func (e Expand) Expands(property string) (Expand, bool) { return find(e.Expand, property) }

func find(list []Expand, property string) (Expand, bool) {
	for _, expand := range list {
		if strings.EqualFold(expand.Property, property) {
			return expand, true
		}
	}
	return Expand{}, false
}

func parseExpand(text string) []Expand {
	var list []Expand
	for _, item := range splitTop(text, ',') {
		expand := Expand{Property: item}
		if open := strings.IndexByte(item, '('); open > 0 && strings.HasSuffix(item, ")") {
			expand.Property = strings.TrimSpace(item[:open])
			for _, option := range splitTop(item[open+1:len(item)-1], ';') {
				expand.set(option)
			}
		}
		expand.Property = strings.TrimPrefix(expand.Property, "microsoft.graph.")
		list = append(list, expand)
	}
	return list
}

func (e *Expand) set(option string) {
	name, value, _ := strings.Cut(option, "=")
	switch strings.ToLower(strings.TrimPrefix(strings.TrimSpace(name), "$")) {
	case "select":
		e.Select = splitList(value)
	case "filter":
		e.Filter = strings.TrimSpace(value)
	case "expand":
		e.Expand = parseExpand(value)
	}
}

func splitList(text string) []string {
	var list []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// splitTop splits at a separator that stands outside brackets and quotes.
func splitTop(text string, separator byte) []string {
	var list []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == separator && depth == 0:
			list = append(list, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	if last := strings.TrimSpace(text[start:]); last != "" {
		list = append(list, last)
	}
	return list
}
