package sim_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
)

func TestRefusalsOfTheTokenEndpoint(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	secret := c.tenant.ClientSecret
	for name, test := range map[string]struct {
		form   url.Values
		status int
		error  string
		code   float64
	}{
		"wrong secret":   {url.Values{"client_secret": {"wrong"}}, 401, "invalid_client", 7000215},
		"no credential":  {url.Values{}, 401, "invalid_client", 7000218},
		"unknown app":    {url.Values{"client_id": {"nobody"}, "client_secret": {secret}}, 400, "unauthorized_client", 700016},
		"unknown tenant": {url.Values{"tenant": {"11111111-1111-4111-8111-111111111111"}, "client_secret": {secret}}, 400, "invalid_request", 90002},
		"no tenant name": {url.Values{"tenant": {"contoso"}, "client_secret": {secret}}, 400, "invalid_request", 900023},
		"wrong scope":    {url.Values{"client_secret": {secret}, "scope": {"User.Read"}}, 400, "invalid_scope", 1002012},
		"wrong grant":    {url.Values{"client_secret": {secret}, "grant_type": {"password"}}, 400, "unsupported_grant_type", 70003},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := c.tryLogin(test.form)
			codes, _ := answer["error_codes"].([]any)
			if status != test.status || answer["error"] != test.error || len(codes) != 1 || codes[0] != test.code {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
}

func TestScopesOfOtherClients(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	for client, scope := range map[string]string{"rclone": ".default", "MSAL": "https://graph.microsoft.com/.default openid offline_access profile"} {
		status, answer := c.tryLogin(url.Values{"client_secret": {c.tenant.ClientSecret}, "scope": {scope}})
		if status != 200 || answer["access_token"] == nil {
			t.Errorf("%s: %d %v", client, status, answer)
		}
	}
}

func TestAnExpiredSecretIsNamedAsSuch(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	c.do("POST", "/sim/apps", object{"clientId": c.tenant.ClientID, "secrets": []string{}, "expiredSecrets": []string{c.tenant.ClientSecret}}).want(200)
	if status, answer := c.tryLogin(url.Values{"client_secret": {c.tenant.ClientSecret}}); status != 401 || answer["error_codes"].([]any)[0] != float64(7000222) {
		t.Errorf("%d %v", status, answer)
	}
}

func TestCertificateAssertions(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	key, certificate := selfSigned(t)
	c.do("POST", "/sim/apps", object{"clientId": c.tenant.ClientID, "certificates": []string{certificate.pem}}).want(200)
	stranger, _ := selfSigned(t)
	audience := c.base + "/" + c.tenant.Tenant + "/oauth2/v2.0/token"
	now := time.Now()
	claims := func(changes object) object {
		all := object{"aud": audience, "iss": c.tenant.ClientID, "sub": c.tenant.ClientID, "jti": "1", "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
		for name, value := range changes {
			all[name] = value
		}
		return all
	}
	for name, test := range map[string]struct {
		alg    string
		header object
		claims object
		key    *rsa.PrivateKey
		code   float64 // 0: a token is issued
	}{
		"RS256 with x5t":        {"RS256", object{"x5t": certificate.sha1}, claims(nil), key, 0},
		"PS256 with x5t#S256":   {"PS256", object{"x5t#S256": certificate.sha256}, claims(nil), key, 0},
		"another key":           {"PS256", object{"x5t#S256": certificate.sha256}, claims(nil), stranger, 700027},
		"unregistered":          {"PS256", object{"x5t#S256": "AAAA"}, claims(nil), key, 700027},
		"algorithm not matched": {"none", object{"x5t": certificate.sha1}, claims(nil), key, 700027},
		"expired":               {"PS256", object{"x5t#S256": certificate.sha256}, claims(object{"exp": now.Add(-time.Hour).Unix()}), key, 700024},
		"not yet valid":         {"PS256", object{"x5t#S256": certificate.sha256}, claims(object{"nbf": now.Add(time.Hour).Unix()}), key, 700024},
		"wrong audience":        {"PS256", object{"x5t#S256": certificate.sha256}, claims(object{"aud": "https://example.com"}), key, 700023},
		"wrong issuer":          {"PS256", object{"x5t#S256": certificate.sha256}, claims(object{"iss": "somebody"}), key, 700021},
		"no jti":                {"PS256", object{"x5t#S256": certificate.sha256}, claims(object{"jti": ""}), key, 7000214},
	} {
		t.Run(name, func(t *testing.T) {
			test.header["alg"] = test.alg
			status, answer := c.tryLogin(url.Values{
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {sign(t, test.header, test.claims, test.key)},
			})
			switch codes, _ := answer["error_codes"].([]any); {
			case test.code == 0 && status != 200:
				t.Errorf("%d %v", status, answer)
			case test.code != 0 && (len(codes) != 1 || codes[0] != test.code):
				t.Errorf("%d %v", status, answer)
			}
		})
	}
}

type thumbprints struct{ pem, sha1, sha256 string }

func selfSigned(t *testing.T) (*rsa.PrivateKey, thumbprints) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	short, long := sha1.Sum(der), sha256.Sum256(der)
	return key, thumbprints{
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		base64.RawURLEncoding.EncodeToString(short[:]), base64.RawURLEncoding.EncodeToString(long[:]),
	}
}

func sign(t *testing.T, header, claims object, key *rsa.PrivateKey) string {
	t.Helper()
	text := part(t, header) + "." + part(t, claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if header["alg"] == "RS256" {
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func part(t *testing.T, value object) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestGraphChecksTokens(t *testing.T) {
	now := time.Now()
	c := start(t, sim.Config{Users: 1, TokenLifetime: time.Minute, Now: func() time.Time { return now }})
	good := c.token
	for name, token := range map[string]string{"none": "", "garbage": "abc", "forged": good[:len(good)-8] + "AAAAAAAA"} {
		c.token = token
		if got := c.do("GET", "/users", nil); got.status != 401 || got.code() != "InvalidAuthenticationToken" {
			t.Errorf("%s: %d %s", name, got.status, got.code())
		}
	}
	c.token = good
	c.do("GET", "/users", nil).want(200)
	now = now.Add(2 * time.Minute)
	if got := c.do("GET", "/users", nil); got.status != 401 {
		t.Errorf("expired: %d", got.status)
	}
}

func TestACallWithoutTheRoleIsDenied(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	id := c.user(0).text("id")
	c.do("POST", "/sim/apps", object{"clientId": c.tenant.ClientID, "roles": []string{"Group.Read.All"}}).want(200)
	c.token = c.login(url.Values{"client_secret": {c.tenant.ClientSecret}})["access_token"].(string)
	c.do("GET", "/groups", nil).want(200)
	if got := c.do("GET", "/users/"+id, nil); got.status != 403 || got.code() != "Authorization_RequestDenied" {
		t.Errorf("%d %s", got.status, got.code())
	}
}

func TestTheLedgerCountsTokens(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	c.login(url.Values{"client_secret": {c.tenant.ClientSecret}})
	ledger := c.do("GET", "/sim/ledger", nil).want(200)
	if got := ledger["tokens"].(map[string]any)[c.tenant.ClientID]; got != float64(2) {
		t.Errorf("%v tokens", got)
	}
}
