package wire

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressAbove is the size from which a body is compressed for a client that takes gzip.
const compressAbove = 1024

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

var packers = sync.Pool{New: func() any {
	packer, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return packer
}}

// JSON answers with a JSON body.
func (c *Call) JSON(status int, body []byte) error {
	c.Writer.Header().Set("Content-Type", jsonType)
	return c.write(status, body)
}

// Bytes answers with a body of another type.
func (c *Call) Bytes(contentType string, body []byte) error {
	c.Writer.Header().Set("Content-Type", contentType)
	return c.write(http.StatusOK, body)
}

// NoContent answers 204.
func (c *Call) NoContent() error {
	c.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

// Fail answers with an error.
func (c *Call) Fail(err error) {
	refusal := AsError(err)
	for name, values := range refusal.Header {
		c.Writer.Header()[name] = values
	}
	switch {
	case refusal.Empty:
		c.Writer.WriteHeader(refusal.Status)
	case refusal.Body != nil:
		c.Writer.Header().Set("Content-Type", "application/json")
		_ = c.write(refusal.Status, refusal.Body)
	default:
		c.Writer.Header().Set("Content-Type", "application/json")
		_ = c.write(refusal.Status, refusal.body(c.Now, c.RequestID, c.Writer.Header().Get("client-request-id")))
	}
}

// write sends the body, packed if the client takes gzip. A client that went away is not an
// error of the call.
func (c *Call) write(status int, body []byte) error {
	header := c.Writer.Header()
	header.Set("Vary", "Accept-Encoding")
	if len(body) < compressAbove || c.Batched || !strings.Contains(c.Request.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Length", strconv.Itoa(len(body)))
		c.Writer.WriteHeader(status)
		_, _ = c.Writer.Write(body)
		return nil
	}
	header.Set("Content-Encoding", "gzip")
	c.Writer.WriteHeader(status)
	packer := packers.Get().(*gzip.Writer)
	packer.Reset(c.Writer)
	_, _ = packer.Write(body)
	_ = packer.Close()
	packers.Put(packer)
	return nil
}
