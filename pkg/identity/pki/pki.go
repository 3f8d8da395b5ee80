// Package pki is the certificate authority of one installation: it makes itself at first start and
// issues one certificate for each service, in a directory that only its owner can read.
//
//	ca.pem ca.key            the authority (ECDSA P-256, ten years)
//	<service>.pem/.key       a service: server and client use, URI spiffe://tenantkeep/service/<service>
//
// Certificates are read again when their file changes, so that they can be renewed without a
// restart. An installation with an authority of its own puts its files here under the same names.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

const lifetime = 10 * 365 * 24 * time.Hour

// uriPrefix precedes the service's name in its certificate.
const uriPrefix = "spiffe://tenantkeep/service/"

// Ensure makes the authority and the certificates of all services in dir, as far as they are
// missing. Hosts are the names and addresses, besides localhost, that servers are reached under.
func Ensure(dir string, hosts ...string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.As(fault.Internal, "make certificates", err)
	}
	if !exists(filepath.Join(dir, "ca.key")) && !exists(filepath.Join(dir, "ca.pem")) {
		if err := createAuthority(dir); err != nil {
			return fault.As(fault.Internal, "make authority", err)
		}
	}
	for _, service := range identity.Services {
		if exists(filepath.Join(dir, string(service)+".pem")) {
			continue
		}
		if err := issue(dir, service, hosts); err != nil {
			return fault.As(fault.Internal, "make certificate of "+string(service), err)
		}
	}
	return nil
}

func createAuthority(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Tenantkeep authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	return writePair(dir, "ca", der, key)
}

func issue(dir string, service identity.Service, hosts []string) error {
	authority, signer, err := readAuthority(dir)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: string(service)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{{Scheme: "spiffe", Host: "tenantkeep", Path: "/service/" + string(service)}},
	}
	for _, host := range append([]string{"localhost", "127.0.0.1", "::1", string(service)}, hosts...) {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	return writePair(dir, string(service), der, key)
}

func readAuthority(dir string) (*x509.Certificate, any, error) {
	certificate, err := readPEM(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, nil, err
	}
	authority, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, nil, err
	}
	der, err := readPEM(filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, nil, err
	}
	signer, err := x509.ParsePKCS8PrivateKey(der)
	return authority, signer, err
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fault.New(fault.Invalid, "read "+path, "no PEM block")
	}
	return block.Bytes, nil
}

// writePair writes the key first: a certificate that is there always has its key.
func writePair(dir, name string, certificate []byte, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, name+".key"), "PRIVATE KEY", der); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, name+".pem"), "CERTIFICATE", certificate)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return number
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
