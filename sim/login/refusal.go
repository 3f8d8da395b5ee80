package login

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// refusal is an error of the token endpoint.
type refusal struct {
	status int
	code   string // OAuth's error
	number int    // AADSTS
	text   string
}

func refuse(status int, code string, number int, format string, args ...any) *refusal {
	return &refusal{status, code, number, fmt.Sprintf(format, args...)}
}

// write answers in Entra's shape.
func (r *refusal) write(w http.ResponseWriter, now time.Time) {
	source := seed.New(uint64(now.UnixNano()))
	trace, correlation, stamp := source.GUID(), source.GUID(), now.UTC().Format("2006-01-02 15:04:05Z")
	writeJSON(w, r.status, map[string]any{
		"error": r.code,
		"error_description": fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s",
			r.number, r.text, trace, correlation, stamp),
		"error_codes":    []int{r.number},
		"timestamp":      stamp,
		"trace_id":       trace,
		"correlation_id": correlation,
		"error_uri":      fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", r.number),
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
