package faults

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// pieces is into how many parts a slow answer is cut.
const pieces = 8

// Held keeps an answer back until it is known whole, so that it can be sent badly.
type Held struct {
	to     http.ResponseWriter
	status int
	body   bytes.Buffer

	halve   bool
	passing bool
	left    int64 // to be passed on before the cut
}

// Hold wraps a writer.
func Hold(w http.ResponseWriter) *Held { return &Held{to: w, status: http.StatusOK} }

// Header is the header of the answer.
func (h *Held) Header() http.Header { return h.to.Header() }

// WriteHeader keeps the status.
func (h *Held) WriteHeader(status int) { h.status = status }

func (h *Held) Write(b []byte) (int, error) {
	if length, err := strconv.ParseInt(h.to.Header().Get("Content-Length"), 10, 64); h.halve && !h.passing && err == nil {
		h.passing, h.left = true, length/2
		h.to.WriteHeader(h.status)
	}
	if !h.passing {
		return h.body.Write(b)
	}
	n, err := h.to.Write(b[:min(int64(len(b)), h.left)])
	if h.left -= int64(n); h.left == 0 || err != nil {
		h.cut()
	}
	return n, err
}

// Halve says that the answer is to be truncated. One that announces its length need not be held
// then, however large it is.
func (h *Held) Halve() { h.halve = true }

func (h *Held) cut() {
	_ = http.NewResponseController(h.to).Flush()
	Cut()
}

// Truncate sends half of the answer and cuts the connection: the announced length stays that of
// the whole.
func (h *Held) Truncate() {
	h.to.WriteHeader(h.status)
	_, _ = h.to.Write(h.body.Bytes()[:h.body.Len()/2])
	h.cut()
}

// Slowly sends the answer in pieces.
func (h *Held) Slowly(ctx context.Context, pause time.Duration) {
	h.to.WriteHeader(h.status)
	controller := http.NewResponseController(h.to)
	step := h.body.Len()/pieces + 1
	for h.body.Len() > 0 {
		_, _ = h.to.Write(h.body.Next(step))
		_ = controller.Flush()
		if !Wait(ctx, pause) {
			return
		}
	}
}

// Cut closes the connection without an answer.
func Cut() { panic(http.ErrAbortHandler) }

// Wait pauses; it is false if the client went away meanwhile.
func Wait(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
