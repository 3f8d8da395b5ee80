package tenant

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// Tenant is a simulated tenant that runs until the test ends.
type Tenant struct {
	Domain       string `json:"domain"`
	ID           string `json:"tenant"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	Users        int    `json:"users"`

	URL       string         // https://127.0.0.1:port, of login and of Graph
	CA        string         // PEM file of the authority that signed the server's certificate
	Authority *x509.CertPool // the same
}

// startUp is how long the simulator may take until it says where it listens.
const startUp = 30 * time.Second

// Start runs the simulator on ports of its choice with more options as given.
func Start(t testing.TB, options ...string) *Tenant {
	t.Helper()
	program := os.Getenv("M365SIM")
	if program == "" {
		t.Fatal("M365SIM does not say where m365sim is: run `make interop`")
	}
	tenant := &Tenant{CA: filepath.Join(t.TempDir(), "ca.pem")}
	command := exec.Command(program, append([]string{"--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--ca-out", tenant.CA}, options...)...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go announced(out, found)
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt) // it may be gone already: Wait says so
		for range found {
		}
		if err := command.Wait(); err != nil {
			t.Errorf("m365sim: %v", err)
		}
	})
	tenant.URL = address(t, found)
	tenant.trust(t)
	tenant.Get(t, "/sim/tenant", tenant)
	return tenant
}

var listening = regexp.MustCompile(`^listening on (https://\S+)`)

// announced passes on where the TLS listener is, and reads on until the program ends.
func announced(out io.Reader, found chan<- string) {
	defer close(found)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if match := listening.FindStringSubmatch(lines.Text()); match != nil {
			found <- match[1]
		}
	}
}

func address(t testing.TB, found <-chan string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startUp)
	defer cancel()
	select {
	case address, ok := <-found:
		if !ok {
			t.Fatal("m365sim ended before it listened")
		}
		return address
	case <-ctx.Done():
		t.Fatal("m365sim does not say where it listens")
		return ""
	}
}

func (n *Tenant) trust(t testing.TB) {
	t.Helper()
	pem, err := os.ReadFile(n.CA)
	if err != nil {
		t.Fatal(err)
	}
	n.Authority = x509.NewCertPool()
	if !n.Authority.AppendCertsFromPEM(pem) {
		t.Fatalf("%s has no certificate", n.CA)
	}
}
