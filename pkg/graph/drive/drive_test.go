package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// host is a small OneDrive: one file, upload sessions, a pre-authenticated host that misbehaves.
type host struct {
	t       *testing.T
	server  *httptest.Server // Graph
	content *httptest.Server // the pre-authenticated host

	mu       sync.Mutex
	file     []byte
	address  int // downloads are served at the newest address only
	breakAt  int // bytes after which a download breaks, once each time it is set
	noRange  bool
	uploaded []byte
	session  string // the body that opened it
	requests []string
}

type anyToken struct{}

func (anyToken) Token(context.Context, string) (string, time.Time, error) {
	return "t", time.Now().Add(time.Hour), nil
}

func start(t *testing.T) (*host, *Drive) {
	t.Helper()
	h := &host{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1.0/users/{user}/drive", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":"d1"}`) })
	mux.HandleFunc("GET /v1.0/drives/d1/root/delta", h.delta)
	mux.HandleFunc("GET /v1.0/drives/d1/items/f1/content", h.redirect)
	mux.HandleFunc("/v1.0/drives/d1/items/{at...}", h.create)
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	h.content = httptest.NewServer(http.HandlerFunc(h.bytes))
	t.Cleanup(h.content.Close)
	client := graph.New(graph.Config{Cloud: m365.Simulated(h.server.URL), Connection: "c", Tokens: anyToken{}})
	t.Cleanup(client.Close)
	d, err := Of(t.Context(), client, "u1")
	if err != nil || d.ID() != "d1" {
		t.Fatal(err)
	}
	return h, d
}

func (h *host) delta(w http.ResponseWriter, r *http.Request) {
	switch token := r.URL.Query().Get("token"); token {
	case "":
		fmt.Fprintf(w, `{"value":[{"id":"r","name":"root","root":{},"folder":{"childCount":1}},
			{"id":"f1","name":"a.txt","size":3,"file":{"hashes":{"quickXorHash":"x"}},"parentReference":{"id":"r"},"@microsoft.graph.downloadUrl":"http://secret"}],
			"@odata.nextLink":"%s/v1.0/drives/d1/root/delta?token=2"}`, h.server.URL)
	case "2":
		fmt.Fprint(w, `{"value":[{"id":"f2","deleted":{}}],"@odata.deltaLink":"d"}`)
	case "lost":
		w.Header().Set("Location", h.server.URL+"/v1.0/drives/d1/root/delta")
		w.WriteHeader(http.StatusGone)
		fmt.Fprint(w, `{"error":{"code":"resyncRequired","message":"x","innerError":{"code":"resyncChangesApplyDifferences"}}}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"itemNotFound","message":"x"}}`)
	}
}

func (h *host) redirect(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.address++
	h.requests = append(h.requests, "content")
	http.Redirect(w, r, fmt.Sprintf("%s/%d", h.content.URL, h.address), http.StatusFound)
}

func (h *host) bytes(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		h.t.Error("the token leaves Graph")
	}
	if r.Method == http.MethodPut {
		h.put(w, r)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, "bytes "+r.Header.Get("Range"))
	if r.URL.Path != fmt.Sprintf("/%d", h.address) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	from := 0
	if header := r.Header.Get("Range"); header != "" && !h.noRange {
		if r.Header.Get("Accept") == "" {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		_, _ = fmt.Sscanf(header, "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(h.file)-1, len(h.file)))
		w.Header().Set("Content-Length", fmt.Sprint(len(h.file)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(len(h.file)))
	}
	rest := h.file[from:]
	if h.breakAt > 0 && h.breakAt < len(rest) {
		_, _ = w.Write(rest[:h.breakAt])
		h.breakAt = 0
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(rest)
}

func (h *host) create(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, r.Method+" "+r.PathValue("at"))
	switch {
	case strings.HasSuffix(r.PathValue("at"), ":/createUploadSession"):
		h.session, h.uploaded = string(body), nil
		fmt.Fprintf(w, `{"uploadUrl":"%s/up"}`, h.content.URL)
	case r.Method == http.MethodPost && strings.Contains(string(body), `"taken"`):
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"error":{"code":"nameAlreadyExists","message":"x"}}`)
	default:
		fmt.Fprintf(w, `{"id":"new","name":"x","file":{},"parentReference":{"id":"r"},"fileSystemInfo":{"lastModifiedDateTime":"2024-05-06T07:08:09Z"}}`)
	}
}

func (h *host) put(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	var first, last, total int
	_, _ = fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
	if last+1 < total && len(body)%(320<<10) != 0 || first != len(h.uploaded) {
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	h.uploaded = append(h.uploaded, body...)
	if len(h.uploaded) == total {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"new","name":"x","size":%d,"file":{}}`, total)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"nextExpectedRanges":["%d-"]}`, len(h.uploaded))
}

func content(n int) []byte {
	random := rand.NewChaCha8([32]byte{1})
	data := make([]byte, n)
	_, _ = random.Read(data)
	return data
}

func TestChangesKeepNoAddress(t *testing.T) {
	_, d := start(t)
	var items []Item
	link, err := d.Changes(t.Context(), Round{}, func(i Item) error {
		i.Raw = bytes.Clone(i.Raw)
		items = append(items, i)
		return nil
	})
	if err != nil || link != "d" || len(items) != 3 {
		t.Fatalf("%+v, %q, %v", items, link, err)
	}
	if r := items[0]; !r.Root || !r.Folder || r.Parent != "" {
		t.Errorf("root %+v", r)
	}
	if f := items[1]; !f.File || f.Parent != "r" || f.Hash != "x" || f.Size != 3 || bytes.Contains(f.Raw, []byte("secret")) || f.Address != "http://secret" || !json.Valid(f.Raw) {
		t.Errorf("file %+v: %s", f, f.Raw)
	}
	if !items[2].Deleted {
		t.Errorf("%+v", items[2])
	}
}

func TestLostLinksMeanResync(t *testing.T) {
	h, d := start(t)
	for _, token := range []string{"lost", "gone-after-80-pages"} {
		_, err := d.Changes(t.Context(), Round{Link: h.server.URL + "/v1.0/drives/d1/root/delta?token=" + token}, func(Item) error { return nil })
		if !fault.Is(err, fault.Resync) {
			t.Errorf("%s: %v", token, err)
		}
	}
}

func TestDownloadSurvives(t *testing.T) {
	for name, upset := range map[string]func(*host){
		"nothing at all":                   func(*host) {},
		"a connection that breaks":         func(h *host) { h.breakAt = 500_000 },
		"a host that ignores ranges":       func(h *host) { h.breakAt, h.noRange = 500_000, true },
		"an address that has expired":      func(h *host) { h.address = 7 },
		"an address that expires half-way": func(h *host) { h.breakAt = 500_000 },
	} {
		h, d := start(t)
		h.file = content(1 << 20)
		upset(h)
		c, err := d.DownloadItem(t.Context(), Item{ID: "f1", Address: fmt.Sprintf("%s/%d", h.content.URL, 0)}, 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		buffer := make([]byte, 1000)
		got := []byte{}
		for {
			n, err := c.Read(buffer)
			if got = append(got, buffer[:n]...); err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if strings.Contains(name, "half-way") && len(got) == 1000 {
				h.mu.Lock()
				h.address++
				h.mu.Unlock()
			}
		}
		if !bytes.Equal(got, h.file) {
			t.Errorf("%s: %d bytes differ; %v", name, len(got), h.requests)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDownloadFromAnOffset(t *testing.T) {
	h, d := start(t)
	h.file = content(1000)
	c, err := d.Download(t.Context(), "f1", 990)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, h.file[990:]) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestUploadKeepsDates(t *testing.T) {
	h, d := start(t)
	data := content(25 << 20)
	item, err := d.Upload(t.Context(), File{
		Parent: "r", Name: "a b#%.txt", Content: bytes.NewReader(data), Size: int64(len(data)), Conflict: Rename,
		Dates: Dates{Modified: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)},
	})
	if err != nil || item.ID != "new" || !bytes.Equal(h.uploaded, data) {
		t.Errorf("%+v, %v, %d bytes", item, err, len(h.uploaded))
	}
	want := `{"item":{"@microsoft.graph.conflictBehavior":"rename","fileSystemInfo":{"lastModifiedDateTime":"2024-05-06T07:08:09Z"},"name":"a b#%.txt"}}`
	if h.session != want {
		t.Error(h.session)
	}
	if h.requests[len(h.requests)-1] != "POST r:/a b#%.txt:/createUploadSession" {
		t.Error(h.requests)
	}
}

func TestEmptyFilesNeedNoSession(t *testing.T) {
	h, d := start(t)
	item, err := d.Upload(t.Context(), File{Parent: "r", Name: "x", Content: bytes.NewReader(nil), Dates: Dates{Modified: time.Now()}})
	if err != nil || item.ID != "new" || fmt.Sprint(h.requests) != "[PUT r:/x:/content PATCH new]" {
		t.Errorf("%+v, %v, %v", item, err, h.requests)
	}
}

func TestFolderNameTaken(t *testing.T) {
	_, d := start(t)
	if _, err := d.CreateFolder(t.Context(), "r", "taken", Dates{}); !fault.Is(err, fault.Exists) {
		t.Errorf("%v", err)
	}
	if item, err := d.CreateFolder(t.Context(), "r", "free", Dates{}); err != nil || item.ID != "new" {
		t.Errorf("%+v, %v", item, err)
	}
}
