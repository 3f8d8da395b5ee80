package wire

import (
	"errors"
	"net/http"
	"time"
)

// Error is a refusal as Graph words it. Header is added to the response; Details is raw JSON of
// the details array; Body, if set, replaces the whole body (for refusals that have an odd one).
type Error struct {
	Status  int
	Code    string
	Message string
	Header  http.Header
	Details string
	Inner   string // code inside innerError, for services that nest
	Body    []byte
	Empty   bool // no body at all
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// BadRequest is status 400.
func BadRequest(code, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: message}
}

// NotFound is status 404.
func NotFound(code, message string) *Error {
	return &Error{Status: http.StatusNotFound, Code: code, Message: message}
}

// Conflict is status 409.
func Conflict(code, message string) *Error {
	return &Error{Status: http.StatusConflict, Code: code, Message: message}
}

// UnknownSegment is Graph's answer to a path that leads nowhere.
func UnknownSegment(segment string) *Error {
	return BadRequest("BadRequest", "Resource not found for the segment '"+segment+"'.")
}

// AsError returns the refusal in err; anything else is an internal error of the simulator and
// becomes status 500 with its text, so that a test shows it.
func AsError(err error) *Error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	return &Error{Status: http.StatusInternalServerError, Code: "generalException", Message: err.Error()}
}

// body is the JSON of the error; see https://learn.microsoft.com/graph/errors.
func (e *Error) body(now time.Time, requestID, clientRequestID string) []byte {
	b := append([]byte(nil), `{"error":{"code":`...)
	b = AppendString(b, e.Code)
	b = append(b, `,"message":`...)
	b = AppendString(b, e.Message)
	if e.Details != "" {
		b = append(append(b, `,"details":`...), e.Details...)
	}
	b = append(b, `,"innerError":{`...)
	if e.Inner != "" {
		b = append(AppendString(append(b, `"code":`...), e.Inner), ',')
	}
	b = append(b, `"date":"`...)
	b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05")
	b = append(append(b, `","request-id":"`...), requestID...)
	b = AppendString(append(b, `","client-request-id":`...), clientRequestID)
	return append(b, `}}}`...)
}
