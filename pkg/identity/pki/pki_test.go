package pki_test

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
)

func authority(t *testing.T, hosts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pki")
	if err := pki.Ensure(dir, hosts...); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEnsureMakesWhatIsMissingAndKeepsTheRest(t *testing.T) {
	dir := authority(t)
	before := map[string]string{}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2*(len(identity.Services)+1) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
		before[file.Name()] = read(t, filepath.Join(dir, file.Name()))
	}
	gone := filepath.Join(dir, "notifier.pem")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := pki.Ensure(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range before {
		if same := read(t, filepath.Join(dir, name)) == text; same == strings.HasPrefix(name, "notifier") {
			t.Errorf("%s: kept %v", name, same)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shake does one TLS handshake and returns whom the server saw.
func shake(t *testing.T, server, client *tls.Config, name string) (identity.Service, error) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	type meeting struct {
		who identity.Service
		err error
	}
	met := make(chan meeting, 1)
	go func() {
		var m meeting
		m.who, m.err = meet(t.Context(), listener)
		met <- m
	}()
	client = client.Clone()
	client.ServerName = name
	dialer := &tls.Dialer{Config: client}
	conn, err := dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
	m := <-met
	if err == nil {
		_ = conn.Close()
		err = m.err
	}
	return m.who, err
}

// meet is the server's side of one handshake.
func meet(ctx context.Context, listener net.Listener) (identity.Service, error) {
	conn, err := listener.Accept()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	accepted := conn.(*tls.Conn)
	if err := accepted.HandshakeContext(ctx); err != nil {
		return "", err
	}
	if chains := accepted.ConnectionState().VerifiedChains; len(chains) > 0 {
		return pki.ServiceOf(chains[0][0]), nil
	}
	return "", nil
}

func configs(t *testing.T, dir string) (server, client, person *tls.Config) {
	t.Helper()
	server, err := pki.Server(dir, identity.AuthBroker)
	if err != nil {
		t.Fatal(err)
	}
	if client, err = pki.Client(dir, identity.BackupWorker); err != nil {
		t.Fatal(err)
	}
	if person, err = pki.Trust(filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	return server, client, person
}

func TestServicesKnowEachOther(t *testing.T) {
	server, client, person := configs(t, authority(t, "broker.example", "10.1.2.3"))
	for _, name := range []string{"localhost", "127.0.0.1", "auth-broker", "broker.example", "10.1.2.3"} {
		if who, err := shake(t, server, client, name); err != nil || who != identity.BackupWorker {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
	if who, err := shake(t, server, person, "localhost"); err != nil || who != "" {
		t.Errorf("a person: %q, %v", who, err)
	}
	if _, err := shake(t, server, client, "other.example"); err == nil {
		t.Error("a server under a name that is not in its certificate")
	}
}

func TestForeignAuthorityIsRefusedOnBothSides(t *testing.T) {
	server, client, _ := configs(t, authority(t))
	foreignServer, foreignClient, _ := configs(t, authority(t))
	foreignClient.RootCAs = client.RootCAs // trusts us, but shows a certificate of its own
	if _, err := shake(t, server, foreignClient, "localhost"); err == nil {
		t.Error("a foreign client is let in")
	}
	if _, err := shake(t, foreignServer, client, "localhost"); err == nil {
		t.Error("a foreign server is believed")
	}
}

func TestRenewedCertificateIsUsedWithoutRestart(t *testing.T) {
	dir := authority(t)
	server, client, _ := configs(t, dir)
	if _, err := shake(t, server, client, "new.example"); err == nil {
		t.Fatal("known before the renewal")
	}
	path := filepath.Join(dir, "auth-broker.pem")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := pki.Ensure(dir, "new.example"); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute) // file systems with coarse times
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, server, client, "new.example"); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("half-writ"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, server, client, "new.example"); err != nil {
		t.Errorf("a renewal that is being written: %v", err)
	}
}

func TestMissingFilesSayWhatToDo(t *testing.T) {
	empty := t.TempDir()
	if _, err := pki.Client(empty, identity.Notifier); fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
	dir := authority(t)
	if err := os.Remove(filepath.Join(dir, "notifier.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := pki.Server(dir, identity.Notifier); fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
	if _, err := pki.Trust(filepath.Join(empty, "ca.pem")); fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
}
