package wire

import (
	"strings"
)

// Row gives a filter the values of one object. A path has slashes: from/emailAddress/address.
// What is absent is nil; times may be given as time.Time or as text.
type Row func(path string) any

// Filter is a parsed $filter. The zero value of a pointer accepts every row.
type Filter struct{ root expression }

// expression is one node of a filter.
type expression interface{ value(Row) any }

// Match tells whether a row passes.
func (f *Filter) Match(row Row) bool {
	if f == nil {
		return true
	}
	passed, _ := f.root.value(row).(bool)
	return passed
}

// Equal returns the text that the filter demands of a path, if the filter is that comparison or
// a conjunction with it. It lets a package answer from an index.
func (f *Filter) Equal(path string) (string, bool) {
	if f == nil {
		return "", false
	}
	return demanded(f.root, path)
}

// AnyEqual does the same inside path/any(x: x/id eq 'a' and x/value eq 'b'): it returns the
// demanded text of each member.
func (f *Filter) AnyEqual(path string, members ...string) ([]string, bool) {
	if f == nil {
		return nil, false
	}
	lambda := findLambda(f.root, path)
	if lambda == nil {
		return nil, false
	}
	texts := make([]string, len(members))
	for i, member := range members {
		text, ok := demanded(lambda.body, lambda.variable+"/"+member)
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	return texts, true
}

// Advanced tells whether the filter has something that only the directory's advanced queries take:
// ne, not, endsWith or a count.
func (f *Filter) Advanced() bool { return f != nil && advanced(f.root) }

func advanced(e expression) bool {
	switch node := e.(type) {
	case *negation:
		return true
	case *operation:
		return node.operator == "ne" || advanced(node.left) || advanced(node.right)
	case *call:
		return node.function == "endswith"
	case *lambda:
		return advanced(node.body)
	case name:
		return strings.HasSuffix(string(node), "/$count")
	}
	return false
}

func demanded(e expression, path string) (string, bool) {
	node, ok := e.(*operation)
	if !ok {
		return "", false
	}
	switch node.operator {
	case "and":
		if text, ok := demanded(node.left, path); ok {
			return text, true
		}
		return demanded(node.right, path)
	case "eq":
		left, isName := node.left.(name)
		text, isText := node.right.value(nil).(string)
		return text, isName && isText && strings.EqualFold(string(left), path)
	}
	return "", false
}

func findLambda(e expression, path string) *lambda {
	switch node := e.(type) {
	case *lambda:
		if strings.EqualFold(node.path, path) && !node.all {
			return node
		}
	case *operation:
		if node.operator == "and" {
			if found := findLambda(node.left, path); found != nil {
				return found
			}
			return findLambda(node.right, path)
		}
	}
	return nil
}

type literal struct{ constant any }

func (l literal) value(Row) any { return l.constant }

type name string

func (n name) value(row Row) any { return row(string(n)) }

type negation struct{ of expression }

func (n *negation) value(row Row) any {
	passed, _ := n.of.value(row).(bool)
	return !passed
}

type operation struct {
	operator    string
	left, right expression
}

func (b *operation) value(row Row) any {
	switch b.operator {
	case "and":
		return truth(b.left, row) && truth(b.right, row)
	case "or":
		return truth(b.left, row) || truth(b.right, row)
	}
	return compare(b.operator, b.left.value(row), b.right.value(row))
}

func truth(e expression, row Row) bool {
	passed, _ := e.value(row).(bool)
	return passed
}

type membership struct {
	of   expression
	list []expression
}

func (m *membership) value(row Row) any {
	wanted := m.of.value(row)
	for _, candidate := range m.list {
		if compare("eq", wanted, candidate.value(row)) {
			return true
		}
	}
	return false
}

type call struct {
	function  string
	arguments []expression
}

func (c *call) value(row Row) any {
	text, _ := c.arguments[0].value(row).(string)
	text = strings.ToLower(text)
	if c.function == "tolower" {
		return text
	}
	part, _ := c.arguments[1].value(row).(string)
	part = strings.ToLower(part)
	switch c.function {
	case "startswith":
		return strings.HasPrefix(text, part)
	case "endswith":
		return strings.HasSuffix(text, part)
	}
	return strings.Contains(text, part)
}

type lambda struct {
	path, variable string
	all            bool
	body           expression
}

func (l *lambda) value(row Row) any {
	for _, element := range elements(row(l.path)) {
		if truth(l.body, l.row(element)) != l.all {
			return !l.all
		}
	}
	return l.all
}

func (l *lambda) row(element any) Row {
	return func(path string) any {
		if path == l.variable {
			return element
		}
		member := strings.TrimPrefix(path, l.variable+"/")
		object, _ := element.(map[string]any)
		return object[member]
	}
}

func elements(value any) []any {
	switch list := value.(type) {
	case []any:
		return list
	case []string:
		all := make([]any, len(list))
		for i, text := range list {
			all[i] = text
		}
		return all
	}
	return nil
}
