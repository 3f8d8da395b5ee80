package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A tenant of 1,000 users with a million mails and a million files starts within a second, and
// stays under 500 MB while a client reads all of it. It takes minutes:
//
//	go test -run '^$' -bench Million -benchtime 1x -timeout 1h ./cmd/m365sim
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		readTenant(b, 1000, 1000, 1000)
	}
}

// The same in small, so that the benchmark itself stays right.
func TestReadingATenantCountsEverything(t *testing.T) { readTenant(t, 3, 60, 40) }

func readTenant(t testing.TB, users, mails, files int) {
	begin := time.Now()
	server := startServer(t, users, mails, files)
	defer server.stop()
	started := time.Since(begin)
	reader := &reader{server: server, token: server.login(t)}
	all := reader.users(t)
	begin = time.Now()
	gotMails := reader.each(t, all, reader.mails)
	tookMails := time.Since(begin)
	begin = time.Now()
	gotFiles := reader.each(t, all, reader.files)
	tookFiles, peak := time.Since(begin), server.peak(t)
	if b, ok := t.(*testing.B); ok {
		b.ReportMetric(started.Seconds(), "s/start")
		b.ReportMetric(float64(peak>>20), "MB/peak")
		b.ReportMetric(float64(gotMails)/tookMails.Seconds(), "mails/s")
		b.ReportMetric(float64(gotFiles)/tookFiles.Seconds(), "items/s")
		b.ReportMetric(float64(reader.bytes)/1e9, "GB")
	}
	if started > time.Second || peak > 500<<20 {
		t.Errorf("started in %v (at most 1 s), %d MB (at most 500)", started, peak>>20)
	}
	licensed := users - 2*(users/50)
	if gotMails != licensed*mails || gotFiles < licensed*files {
		t.Errorf("%d mails and %d files and folders of %d users", gotMails, gotFiles, licensed)
	}
}

// server is the program under measurement.
type server struct {
	command *exec.Cmd
	address string
}

func startServer(t testing.TB, users, mails, files int) *server {
	command := exec.CommandContext(t.Context(), os.Args[0], "--listen", "127.0.0.1:0", "--users", strconv.Itoa(users),
		"--mails", strconv.Itoa(mails), "--files", strconv.Itoa(files), "--seed", "7")
	command.Env = append(os.Environ(), asServer+"=1")
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{command: command}
	text := make([]byte, 4096)
	n, err := out.Read(text)
	found := regexp.MustCompile(`http://\S+`).Find(text[:n])
	if found == nil {
		t.Fatalf("the server does not say where it listens: %s %v", text[:n], err)
	}
	s.address = string(found)
	if reply, err := http.Get(s.address + "/sim/tenant"); err != nil {
		t.Fatal(err)
	} else if err := reply.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) stop() {
	_ = s.command.Process.Signal(os.Interrupt)
	_ = s.command.Wait() // how it ends is not what is measured
}

// peak is the most memory that the server had resident.
func (s *server) peak(t testing.TB) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0 // no Linux
	}
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || match == nil {
		t.Fatalf("%v: %s", err, status)
	}
	kilobytes, err := strconv.ParseInt(string(match[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

func (s *server) login(t testing.TB) string {
	var tenant struct{ Tenant, ClientID, ClientSecret string }
	reply, err := http.Get(s.address + "/sim/tenant") //nolint:bodyclose // decode does
	decode(t, reply, err, &tenant)
	reply, err = http.PostForm(s.address+"/"+tenant.Tenant+"/oauth2/v2.0/token", url.Values{ //nolint:bodyclose // decode does
		"grant_type": {"client_credentials"}, "client_id": {tenant.ClientID}, "client_secret": {tenant.ClientSecret},
		"scope": {"https://graph.microsoft.com/.default"}})
	var token struct {
		Token string `json:"access_token"`
	}
	decode(t, reply, err, &token)
	return token.Token
}

func decode(t testing.TB, reply *http.Response, err error, value any) {
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	if err := json.NewDecoder(reply.Body).Decode(value); err != nil {
		t.Fatal(err)
	}
}

// reader is a client that reads everything by delta, two users at a time.
type reader struct {
	server *server
	token  string
	mu     sync.Mutex
	bytes  int64
}

func (r *reader) users(t testing.TB) []string {
	var ids []string
	_, err := r.pages(t.Context(), "/users?$select=id&$top=999", func(page []byte) (int, error) {
		var users struct{ Value []struct{ ID string } }
		err := json.Unmarshal(page, &users)
		for _, user := range users.Value {
			ids = append(ids, user.ID)
		}
		return len(users.Value), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// each reads what all users have and returns how much it is.
func (r *reader) each(t testing.TB, users []string, read func(context.Context, string) (int, error)) int {
	queue, counts := make(chan string), make(chan int)
	var working sync.WaitGroup
	for range 2 {
		working.Go(func() {
			sum := 0
			for user := range queue {
				n, err := read(t.Context(), user)
				if err != nil {
					t.Errorf("%s: %v", user, err)
				}
				sum += n
			}
			counts <- sum
		})
	}
	for _, user := range users {
		queue <- user
	}
	close(queue)
	total := <-counts + <-counts
	working.Wait()
	return total
}

// mails reads each folder of a mailbox; a user without one has none.
func (r *reader) mails(ctx context.Context, user string) (int, error) {
	var folders []string
	_, err := r.pages(ctx, "/users/"+user+"/mailFolders/delta?$select=id", func(page []byte) (int, error) {
		var list struct{ Value []struct{ ID string } }
		err := json.Unmarshal(page, &list)
		for _, folder := range list.Value {
			folders = append(folders, folder.ID)
		}
		return 0, err
	})
	total := 0
	for _, folder := range folders {
		n, err := r.pages(ctx, "/users/"+user+"/mailFolders/"+folder+"/messages/delta", count(`"@odata.etag":`))
		if total += n; err != nil {
			return total, err
		}
	}
	return total, err
}

// files reads a drive; a user without one has none.
func (r *reader) files(ctx context.Context, user string) (int, error) {
	var drive struct{ ID string }
	if _, err := r.pages(ctx, "/users/"+user+"/drive", func(page []byte) (int, error) { return 0, json.Unmarshal(page, &drive) }); err != nil || drive.ID == "" {
		return 0, err
	}
	return r.pages(ctx, "/drives/"+drive.ID+"/root/delta", count(`"fileSystemInfo":`))
}

func count(mark string) func([]byte) (int, error) {
	return func(page []byte) (int, error) { return bytes.Count(page, []byte(mark)), nil }
}

var nextLink = regexp.MustCompile(`"@odata\.nextLink":"([^"]+)"`)

// pages reads a page after the other. Status 404 means that there is nothing.
func (r *reader) pages(ctx context.Context, path string, use func([]byte) (int, error)) (total int, err error) {
	for address := r.server.address + "/v1.0" + path; address != ""; {
		page, status, err := r.get(ctx, address)
		if err != nil || status == http.StatusNotFound {
			return total, err
		}
		if status != http.StatusOK {
			return total, fmt.Errorf("%s: %d %s", address, status, page)
		}
		n, err := use(page)
		if err != nil {
			return total, err
		}
		total, address = total+n, ""
		tail := page[max(0, len(page)-4096):]
		if match := nextLink.FindSubmatch(tail); match != nil {
			address = strings.ReplaceAll(string(match[1]), `\u0026`, "&")
		}
	}
	return total, nil
}

func (r *reader) get(ctx context.Context, address string) (page []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Prefer", "odata.maxpagesize=500")
	request.Header.Set("Accept-Encoding", "identity")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, 0, err
	}
	page, err = io.ReadAll(reply.Body)
	r.mu.Lock()
	r.bytes += int64(len(page))
	r.mu.Unlock()
	return page, reply.StatusCode, errors.Join(err, reply.Body.Close())
}
