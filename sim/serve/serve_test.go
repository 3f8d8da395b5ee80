package serve_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/serve"
)

func TestOptions(t *testing.T) {
	got, err := serve.Parse(strings.Fields("--users 3 --mails 7 --files 5 --seed 9 --latency 50ms --throttle published --client-id c --client-secret s --load a@b.c=/tmp/x"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Sim; s.Users != 3 || s.Mails != 7 || s.Files != 5 || s.Seed != 9 || s.Latency != 50*time.Millisecond || !s.Throttle || s.Apps[0].ID != "c" || s.Load[0].Address != "a@b.c" {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{"extra", "--throttle some", "--tls-listen :1", "--client-id c", "--load x", "--nonsense"} {
		if _, err := serve.Parse(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	var help bytes.Buffer
	if _, err := serve.Parse([]string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-seed") {
		t.Errorf("%v: %s", err, help.String())
	}
}

// lines passes on what Run writes, once it says all of it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	done chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	if bytes.Contains(b, []byte("connection add")) {
		l.done <- l.text.String()
	}
	return len(b), nil
}

func TestRunServesHTTPAndTLS(t *testing.T) {
	authority := filepath.Join(t.TempDir(), "ca.pem")
	options, err := serve.Parse([]string{"--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--ca-out", authority, "--users", "1"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, ended := &lines{done: make(chan string, 1)}, make(chan error, 1)
	go func() { ended <- serve.Run(ctx, options, out) }()
	var hint string
	select {
	case hint = <-out.done:
	case err := <-ended:
		t.Fatal(err)
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	for _, address := range regexp.MustCompile(`listening on (\S+)`).FindAllStringSubmatch(hint, -1) {
		response, err := client.Get(address[1] + "/common/v2.0/.well-known/openid-configuration")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 || !bytes.Contains(body, []byte(`"token_endpoint":"`+address[1])) {
			t.Errorf("%d %v: %s", response.StatusCode, err, body)
		}
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
