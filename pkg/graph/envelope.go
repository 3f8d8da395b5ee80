package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// body writes the batch by hand: the calls' bodies go in as they are. Serially means that each
// call depends on the one before, so that Graph makes one at a time.
func (b Batch) body(indexes []int, serially bool) []byte {
	var out bytes.Buffer
	out.WriteString(`{"requests":[`)
	for n, i := range indexes {
		if n > 0 {
			out.WriteByte(',')
		}
		b.Calls[i].write(&out, i)
		if serially && n > 0 {
			out.WriteString(`,"dependsOn":["` + strconv.Itoa(indexes[n-1]) + `"]`)
		}
		out.WriteByte('}')
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

// write leaves the object open.
func (b BatchCall) write(out *bytes.Buffer, id int) {
	method := b.Method
	if method == "" {
		method = http.MethodGet
	}
	out.WriteString(`{"id":"` + strconv.Itoa(id) + `","method":"` + method + `","url":`)
	writeText(out, b.Path)
	header := b.Header
	if b.Body != nil && header["Content-Type"] == "" {
		header = maps.Clone(header)
		if header == nil {
			header = map[string]string{}
		}
		header["Content-Type"] = "application/json"
	}
	if len(header) > 0 {
		out.WriteString(`,"headers":{`)
		for n, name := range slices.Sorted(maps.Keys(header)) {
			if n > 0 {
				out.WriteByte(',')
			}
			writeText(out, name)
			out.WriteByte(':')
			writeText(out, header[name])
		}
		out.WriteByte('}')
	}
	if b.Body != nil {
		out.WriteString(`,"body":`)
		out.Write(b.Body)
	}
}

func writeText(out *bytes.Buffer, text string) {
	quoted, _ := json.Marshal(text) // a string always marshals
	out.Write(quoted)
}

func uploadOfCalls(calls []BatchCall, indexes []int) (bytes int64) {
	for _, i := range indexes {
		bytes += int64(len(calls[i].Body))
	}
	return bytes
}
