package connection

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func pemOf(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func certificatePEM(t *testing.T, key crypto.Signer, ends time.Time) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "t"}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return pemOf(t, "CERTIFICATE", der, err)
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCredentialsThatCannotWorkAreRefusedBeforeAnythingIsSent(t *testing.T) {
	now := time.Now()
	key, other, small := rsaKey(t, 2048), rsaKey(t, 2048), rsaKey(t, 1024)
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ends := now.AddDate(0, 1, 0)
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return pemOf(t, "PRIVATE KEY", der, err)
	}
	pkcs1 := pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), nil)
	for name, test := range map[string]struct {
		credential Credential
		reason     string
	}{
		"a secret":                   {Credential{Secret: "s"}, ""},
		"PKCS 8":                     {Credential{PEM: []byte(certificatePEM(t, key, ends) + pkcs8(key))}, ""},
		"PKCS 1, key first":          {Credential{PEM: []byte(pkcs1 + certificatePEM(t, key, ends))}, ""},
		"with its issuers":           {Credential{PEM: []byte(certificatePEM(t, key, ends) + certificatePEM(t, other, ends) + pkcs8(key))}, ""},
		"nothing":                    {Credential{}, "CREDENTIAL_MISSING"},
		"a secret with a line end":   {Credential{Secret: "s\n"}, "SECRET_MALFORMED"},
		"no PEM":                     {Credential{PEM: []byte("hello")}, "CERTIFICATE_MALFORMED"},
		"a broken certificate":       {Credential{PEM: []byte(pemOf(t, "CERTIFICATE", []byte("x"), nil))}, "CERTIFICATE_MALFORMED"},
		"no key":                     {Credential{PEM: []byte(certificatePEM(t, key, ends))}, "KEY_MISSING"},
		"another key":                {Credential{PEM: []byte(certificatePEM(t, key, ends) + pkcs8(other))}, "KEY_MISMATCH"},
		"an encrypted key":           {Credential{PEM: []byte(certificatePEM(t, key, ends) + pemOf(t, "ENCRYPTED PRIVATE KEY", []byte("x"), nil))}, "KEY_ENCRYPTED"},
		"a broken key":               {Credential{PEM: []byte(certificatePEM(t, key, ends) + pemOf(t, "PRIVATE KEY", []byte("x"), nil))}, "KEY_MALFORMED"},
		"an elliptic key":            {Credential{PEM: []byte(certificatePEM(t, elliptical, ends) + pkcs8(elliptical))}, "KEY_UNSUITABLE"},
		"a small key":                {Credential{PEM: []byte(certificatePEM(t, small, ends) + pkcs8(small))}, "KEY_UNSUITABLE"},
		"one that ended a while ago": {Credential{PEM: []byte(certificatePEM(t, key, now.Add(-time.Hour)) + pkcs8(key))}, "CERTIFICATE_EXPIRED"},
	} {
		var c Connection
		err := test.credential.check(&c, now)
		if fault.ReasonOf(err) != test.reason || (err != nil) != (test.reason != "") || (err != nil && fault.NextOf(err) == "") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && c.Credential == Certificate && (len(c.Thumbprint) != 64 || !c.CertificateEnds.Equal(ends.Truncate(time.Second))) {
			t.Errorf("%s: thumbprint %q, ends %v", name, c.Thumbprint, c.CertificateEnds)
		}
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	c := Credential{Secret: "hunter2", PEM: []byte("hunter2")}
	if text := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
}

func TestCertificateIsMissedInTime(t *testing.T) {
	for left, want := range map[time.Duration]Outcome{-time.Hour: CheckFailed, 29 * 24 * time.Hour: CheckWarned, 31 * 24 * time.Hour: CheckPassed} {
		if check := certificateLeft(left); check.Outcome != want || (check.Problem == nil) != (want == CheckPassed) {
			t.Errorf("%v: %+v", left, check)
		}
	}
}

func TestPermissions(t *testing.T) {
	granted := func(roles ...string) map[string]Outcome {
		outcomes := map[string]Outcome{}
		for _, need := range needs {
			outcomes[need.role] = need.check(Token{Roles: roles, Readable: true}).Outcome
		}
		return outcomes
	}
	reader := granted("Directory.Read.All", "Mail.Read", "Files.Read.All")
	for role, outcome := range reader {
		want := CheckPassed
		if role == "Mail.ReadWrite" || role == "Files.ReadWrite.All" {
			want = CheckWarned // protected, not restorable
		}
		if outcome != want {
			t.Errorf("%s: %v", role, outcome)
		}
	}
	for role, outcome := range granted("Directory.ReadWrite.All", "Mail.ReadWrite", "Sites.FullControl.All") {
		if outcome != CheckPassed {
			t.Errorf("%s is in a larger one, but %v", role, outcome)
		}
	}
	if outcome := granted()["Mail.Read"]; outcome != CheckFailed {
		t.Errorf("without it: %v", outcome)
	}
	if check := needs[0].check(Token{}); check.Outcome != CheckWarned {
		t.Errorf("an opaque token fails nothing: %v", check)
	}
}
