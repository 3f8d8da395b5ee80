package wire

import (
	"net/http"
	"strconv"
	"strings"
)

// Prefer holds the preferences of a request that change an answer.
type Prefer struct {
	MaxPageSize int  // odata.maxpagesize
	ImmutableID bool // IdType="ImmutableId"
	Minimal     bool // return=minimal
	Text        bool // outlook.body-content-type="text"
	Names       map[string]bool
}

// ParsePrefer reads all Prefer headers. Unknown preferences are kept by name and otherwise
// ignored, as RFC 7240 asks.
func ParsePrefer(header http.Header) Prefer {
	prefer := Prefer{Names: map[string]bool{}}
	for _, line := range header.Values("Prefer") {
		for _, part := range strings.Split(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			prefer.set(strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return prefer
}

func (p *Prefer) set(name, value string) {
	p.Names[name] = true
	switch name {
	case "odata.maxpagesize":
		p.MaxPageSize, _ = strconv.Atoi(value)
	case "idtype":
		p.ImmutableID = strings.EqualFold(value, "ImmutableId")
	case "return":
		p.Minimal = value == "minimal"
	case "outlook.body-content-type":
		p.Text = strings.EqualFold(value, "text")
	}
}
