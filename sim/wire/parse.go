package wire

import (
	"strconv"
	"strings"
	"time"
)

// ParseFilter reads a $filter. Empty text gives nil, which accepts everything.
func ParseFilter(text string) (*Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := parser{tokens: lex(text)}
	root := p.or()
	if p.failed || len(p.tokens) > 0 {
		return nil, BadRequest("BadRequest", "Invalid filter clause: "+text)
	}
	return &Filter{root}, nil
}

// lex cuts a filter into strings (with their quotes), punctuation and words.
func lex(text string) []string {
	var tokens []string
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ':
			i++
		case '(', ')', ',', ':':
			tokens = append(tokens, text[i:i+1])
			i++
		case '\'':
			end := quoteEnd(text, i)
			tokens = append(tokens, text[i:end])
			i = end
		default:
			end := i + wordLength(text[i:])
			tokens = append(tokens, text[i:end])
			i = end
		}
	}
	return tokens
}

func quoteEnd(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

// wordLength measures a name, a number or a time: the colons of a time belong to it.
func wordLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case ' ', '(', ')', ',', '\'':
			return i
		case ':':
			if text[0] < '0' || text[0] > '9' {
				return i
			}
		}
	}
	return len(text)
}

type parser struct {
	tokens []string
	failed bool
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	token := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return token
}

func (p *parser) expect(token string) {
	if p.next() != token {
		p.failed = true
	}
}

func (p *parser) or() expression {
	left := p.and()
	for strings.EqualFold(p.peek(), "or") {
		p.next()
		left = &operation{"or", left, p.and()}
	}
	return left
}

func (p *parser) and() expression {
	left := p.not()
	for strings.EqualFold(p.peek(), "and") {
		p.next()
		left = &operation{"and", left, p.not()}
	}
	return left
}

func (p *parser) not() expression {
	if strings.EqualFold(p.peek(), "not") {
		p.next()
		return &negation{p.not()}
	}
	return p.comparison()
}

func (p *parser) comparison() expression {
	left := p.operand()
	switch operator := strings.ToLower(p.peek()); operator {
	case "eq", "ne", "gt", "ge", "lt", "le":
		p.next()
		right := p.operand()
		if _, ok := right.(literal); !ok {
			p.failed = true
		}
		return &operation{operator, left, right}
	case "in":
		p.next()
		p.expect("(")
		return &membership{left, p.list()}
	}
	return left
}

// list reads operands up to the closing bracket.
func (p *parser) list() []expression {
	list := []expression{p.operand()}
	for p.peek() == "," {
		p.next()
		list = append(list, p.operand())
	}
	p.expect(")")
	return list
}

func (p *parser) operand() expression {
	token := p.next()
	switch {
	case token == "":
		p.failed = true
		return literal{}
	case token == "(":
		inner := p.or()
		p.expect(")")
		return inner
	case token[0] == '\'':
		text, ok := unquote(token)
		p.failed = p.failed || !ok
		return literal{text}
	case p.peek() == "(":
		p.next()
		return p.function(token)
	}
	return word(token)
}

var functions = map[string]int{"startswith": 2, "endswith": 2, "contains": 2, "tolower": 1}

func (p *parser) function(token string) expression {
	slash := strings.LastIndexByte(token, '/')
	if last := strings.ToLower(token[slash+1:]); slash > 0 && (last == "any" || last == "all") {
		l := &lambda{path: token[:slash], variable: p.next(), all: last == "all"}
		p.expect(":")
		l.body = p.or()
		p.expect(")")
		return l
	}
	c := &call{strings.ToLower(token), p.list()}
	if functions[c.function] != len(c.arguments) {
		p.failed = true
	}
	return c
}

func word(token string) expression {
	switch strings.ToLower(token) {
	case "true", "false":
		return literal{strings.EqualFold(token, "true")}
	case "null":
		return literal{}
	}
	if number, err := strconv.ParseFloat(token, 64); err == nil {
		return literal{number}
	}
	if moment, err := time.Parse(time.RFC3339, token); err == nil {
		return literal{moment}
	}
	return name(token)
}
