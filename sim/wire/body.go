package wire

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
)

// MaxBody bounds what one request may carry: the largest fragment that an upload takes, with room.
const MaxBody = 64 << 20

// ReadBody reads the body, unpacked if the client sent it as gzip (the SDKs do).
func ReadBody(r *http.Request) ([]byte, error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, BadRequest("invalidRequest", "IO error during request payload read")
		}
		defer func() { _ = unpacked.Close() }() // the sum is checked by reading
		body = unpacked
	}
	content, err := io.ReadAll(io.LimitReader(body, MaxBody+1))
	if err != nil {
		return nil, BadRequest("invalidRequest", "IO error during request payload read")
	}
	if len(content) > MaxBody {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge", Message: "The request body is too large."}
	}
	return content, nil
}

// Body reads the body of the call.
func (c *Call) Body() ([]byte, error) { return ReadBody(c.Request) }

// Decode reads a JSON body into value.
func (c *Call) Decode(value any) error {
	content, err := c.Body()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return BadRequest("BadRequest", "Empty Payload. JSON content expected.")
	}
	if err := json.Unmarshal(content, value); err != nil {
		return BadRequest("BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return nil
}
