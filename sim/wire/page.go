package wire

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// Page is one page of a collection under construction. Items are appended to Bytes by the
// package that knows them.
type Page struct {
	call  *Call
	Bytes []byte
	items int
	Next  string // absolute; at most one of Next and Delta
	Delta string
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// NewPage opens the page: context is the fragment of @odata.context, count the total (or -1).
func (c *Call) NewPage(context string, count int) *Page {
	buffer := buffers.Get().(*[]byte)
	b := append((*buffer)[:0], `{"@odata.context":`...)
	b = AppendString(b, c.Context(context))
	if count >= 0 {
		b = append(b, `,"@odata.count":`...)
		b = strconv.AppendInt(b, int64(count), 10)
	}
	return &Page{call: c, Bytes: append(b, `,"value":[`...)}
}

// Item is called before each item is appended.
func (p *Page) Item() {
	if p.items > 0 {
		p.Bytes = append(p.Bytes, ',')
	}
	p.items++
}

// Send closes the page and answers with it.
func (p *Page) Send() error {
	p.Bytes = append(p.Bytes, ']')
	if p.call.Effects.DuplicatePage {
		p.Next, p.Delta = p.call.Host()+p.call.Request.URL.RequestURI(), ""
	}
	p.link("@odata.nextLink", p.Next)
	p.link("@odata.deltaLink", p.Delta)
	p.Bytes = append(p.Bytes, '}')
	err := p.call.JSON(http.StatusOK, p.Bytes)
	buffers.Put(&p.Bytes)
	return err
}

func (p *Page) link(name, address string) {
	if address == "" {
		return
	}
	p.Bytes = append(AppendString(append(p.Bytes, ','), name), ':')
	p.Bytes = AppendString(p.Bytes, address)
}

// Link is the address of this call with some options set and others (those with an empty
// value) removed.
func (c *Call) Link(options map[string]string) string {
	values := url.Values{}
	for name, list := range c.Query.Raw {
		values[name] = list
	}
	for name, value := range options {
		values.Del(name)
		if value != "" {
			values.Set(name, value)
		}
	}
	return c.Self() + "?" + values.Encode()
}
