package connection

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Credential is what a connection signs in with: a secret, or a certificate with its private key. It
// prints as nothing, so that it cannot slip into a log.
type Credential struct {
	Secret string
	PEM    []byte // certificate and private key
}

// String hides what it is: credentials must not reach a log by accident.
func (Credential) String() string { return "(credential)" }

// GoString hides it from %#v too.
func (Credential) GoString() string { return "(credential)" }

// Pair is a parsed certificate and its key.
type Pair struct {
	Certificate *x509.Certificate
	Key         *rsa.PrivateKey
}

// Kind is how the credential signs in.
func (c Credential) Kind() CredentialKind {
	if len(c.PEM) > 0 {
		return Certificate
	}
	return Secret
}

// check refuses a credential that can never work, and completes the connection with what is public of it.
func (c Credential) check(connection *Connection, now time.Time) error {
	connection.Credential, connection.Thumbprint, connection.CertificateEnds = c.Kind(), "", time.Time{}
	if connection.Credential == Secret {
		return checkSecret(c.Secret)
	}
	pair, err := c.Pair()
	if err != nil {
		return err
	}
	if now.After(pair.Certificate.NotAfter) {
		return invalidCredential("CERTIFICATE_EXPIRED", fmt.Sprintf("the certificate ended on %s", pair.Certificate.NotAfter.UTC().Format(time.DateOnly)),
			"make a new certificate, upload it to the application's registration and give it here")
	}
	sum := sha256.Sum256(pair.Certificate.Raw)
	connection.Thumbprint, connection.CertificateEnds = hex.EncodeToString(sum[:]), pair.Certificate.NotAfter.UTC()
	return nil
}

func checkSecret(secret string) error {
	switch {
	case strings.TrimSpace(secret) == "":
		return invalidCredential("CREDENTIAL_MISSING", "there is neither a secret nor a certificate", "give the application's client secret or a certificate with its key")
	case strings.TrimSpace(secret) != secret:
		return invalidCredential("SECRET_MALFORMED", "the secret begins or ends with a blank", "copy the secret's value again, without blanks or line ends")
	}
	return nil
}

// Pair parses the certificate and its key and checks that they belong together.
func (c Credential) Pair() (Pair, error) {
	var pair Pair
	for rest := c.PEM; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if err := pair.take(block); err != nil {
			return Pair{}, err
		}
	}
	switch {
	case pair.Certificate == nil:
		return Pair{}, invalidCredential("CERTIFICATE_MALFORMED", "there is no CERTIFICATE block in the PEM", "give one PEM file with the certificate and its private key")
	case pair.Key == nil:
		return Pair{}, invalidCredential("KEY_MISSING", "there is no private key in the PEM", "give one PEM file with the certificate and its private key")
	case !pair.Key.PublicKey.Equal(pair.Certificate.PublicKey):
		return Pair{}, invalidCredential("KEY_MISMATCH", "the private key does not belong to the certificate", "give the key that the certificate was made with")
	}
	return pair, nil
}

// take reads one block: the first certificate is the one that signs in, others are its issuers.
func (p *Pair) take(block *pem.Block) error {
	switch {
	case block.Type == "CERTIFICATE" && p.Certificate == nil:
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return invalidCredential("CERTIFICATE_MALFORMED", "the certificate cannot be read: "+err.Error(), "export it again as PEM")
		}
		p.Certificate = certificate
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return invalidCredential("KEY_ENCRYPTED", "the private key is encrypted", "decrypt it first: openssl pkcs8 -topk8 -nocrypt -in KEY -out PLAIN")
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return p.takeKey(block)
	}
	return nil
}

// takeKey accepts RSA only: Entra takes no other keys for signing in.
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (p *Pair) takeKey(block *pem.Block) error {
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		p.Key = key
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return invalidCredential("KEY_MALFORMED", "the private key cannot be read", "export it again as PKCS #8 PEM")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < 2048 {
		return invalidCredential("KEY_UNSUITABLE", "the private key is not RSA of 2,048 bits or more", "make a certificate with an RSA key of 2,048 bits or more")
	}
	p.Key = key
	return nil
}

func invalidCredential(reason, cause, next string) error {
	return fault.New(fault.Invalid, "check credential", cause, fault.Reason(reason), fault.Next(next))
}
