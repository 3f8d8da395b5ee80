package gateway

import (
	"bytes"
	"net/http"
)

// recorder keeps the answer to a member.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the header of the answer.
func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
