package pki

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Server returns the TLS configuration of a service's server. Clients may show a certificate; one
// of a foreign authority ends the connection.
func Server(dir string, service identity.Service) (*tls.Config, error) {
	pair, roots, err := load(dir, service)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get() },
		ClientCAs:      roots,
		ClientAuth:     tls.VerifyClientCertIfGiven,
	}, nil
}

// Client returns the TLS configuration with which a service calls the others.
func Client(dir string, service identity.Service) (*tls.Config, error) {
	pair, roots, err := load(dir, service)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.get() },
		RootCAs:              roots,
	}, nil
}

// Trust returns the TLS configuration of a person's program, which trusts the authority in that file.
func Trust(caFile string) (*tls.Config, error) {
	roots, err := readRoots(caFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}, nil
}

// ServiceOf returns the service that a verified certificate was issued to, or "".
func ServiceOf(certificate *x509.Certificate) identity.Service {
	for _, uri := range certificate.URIs {
		if name, ok := strings.CutPrefix(uri.String(), uriPrefix); ok {
			return identity.Service(name)
		}
	}
	return ""
}

func load(dir string, service identity.Service) (*pair, *x509.CertPool, error) {
	roots, err := readRoots(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, nil, err
	}
	p := &pair{base: filepath.Join(dir, string(service))}
	if _, err := p.get(); err != nil {
		return nil, nil, err
	}
	return p, roots, nil
}

func readRoots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.As(fault.Precondition, "read authority", err, fault.Next("name the directory or file with the installation's ca.pem"))
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fault.New(fault.Invalid, "read authority", path+" holds no certificate")
	}
	return roots, nil
}

// pair is a certificate and its key, read again when the certificate's file has changed.
type pair struct {
	base string

	mu     sync.Mutex
	read   time.Time
	loaded *tls.Certificate
}

func (p *pair) get() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := os.Stat(p.base + ".pem")
	if err == nil && p.loaded != nil && info.ModTime().Equal(p.read) {
		return p.loaded, nil
	}
	if err == nil {
		var fresh tls.Certificate
		if fresh, err = tls.LoadX509KeyPair(p.base+".pem", p.base+".key"); err == nil {
			p.loaded, p.read = &fresh, info.ModTime()
		}
	}
	if p.loaded == nil {
		return nil, fault.As(fault.Precondition, "read certificate", err, fault.Next("make the certificates with: tenantkeep pki init DIR"))
	}
	return p.loaded, nil // a half-written renewal must not take the server down
}
