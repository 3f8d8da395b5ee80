package graph

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// session is an upload session that loses answers and fragments on command.
type session struct {
	got       []byte
	loseReply map[int]bool // the fragment arrives, its answer does not
	refuse    map[int]int  // status instead of taking the fragment
	puts      int
}

func (s *session) serve(_ int, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprintf(w, `{"nextExpectedRanges":["%d-"]}`, len(s.got))
		return
	}
	n := s.puts
	s.puts++
	if status := s.refuse[n]; status != 0 {
		w.WriteHeader(status)
		return
	}
	var first, last, total int
	_, _ = fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
	if first != len(s.got) {
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	body, _ := io.ReadAll(r.Body)
	s.got = append(s.got, body...)
	if s.loseReply[n] {
		panic(http.ErrAbortHandler)
	}
	if len(s.got) == total {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"new"}`)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"nextExpectedRanges":["%d-%d"]}`, len(s.got), total-1)
}

func upload(t *testing.T, s *session, content []byte) (string, error) {
	t.Helper()
	client, _, server := script(t, s.serve)
	made := ""
	err := client.Upload(t.Context(), UploadSession{
		Name: "upload", URL: server.URL + "/up", Size: int64(len(content)), Content: bytes.NewReader(content), Fragment: 100,
		Done: func(body []byte) error { made = string(body); return nil },
	})
	return made, err
}

func TestUploadsGoOnWhereTheyWere(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 105)
	for name, s := range map[string]*session{
		"in peace":                {},
		"after a lost answer":     {loseReply: map[int]bool{3: true}},
		"after a refused part":    {refuse: map[int]int{2: 500, 3: 503}},
		"after a part sent twice": {refuse: map[int]int{4: 416}},
	} {
		made, err := upload(t, s, content)
		if err != nil || made != `{"id":"new"}` || !bytes.Equal(s.got, content) {
			t.Errorf("%s: %q, %v, %d bytes", name, made, err, len(s.got))
		}
	}
}

func TestLostSessionIsReported(t *testing.T) {
	_, err := upload(t, &session{refuse: map[int]int{1: 404}}, make([]byte, 1000))
	if !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}
