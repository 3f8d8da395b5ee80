package plant_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// Each scene is one wrong thing about a tenant, an application or a credential: the test of the
// connection names it and says what to do. What was added is shown as degraded, and heals when it
// is put right.
func TestWrongConnections(t *testing.T) {
	t.Parallel()
	all := settle(t, sim.Config{Users: 1, Seed: 12})
	tenant, app, secret := all.simulator.Tenant, all.simulator.ClientID, all.simulator.ClientSecret
	file := func(name, text string) string {
		path := filepath.Join(all.TempDir(), name)
		write(t, path, text)
		return path
	}
	right, wrong := file("secret", secret+"\n"), file("wrong", "not the secret")
	const nobody = "11111111-2222-4333-8444-555555555555"
	for _, scene := range []struct {
		name          string
		before, after string // what the tenant's administrator does to the application, and what undoes it
		with          []string
		says          []string
	}{
		{name: "wrong tenant", with: []string{"--tenant", nobody, "--app", app, "--secret-file", right}, says: []string{"cause: .*tenant", "next: "}},
		{name: "tenant that is no id", with: []string{"--tenant", "contoso", "--app", app, "--secret-file", right}, says: []string{"tenant", "Next: "}},
		{name: "wrong application", with: []string{"--tenant", tenant, "--app", nobody, "--secret-file", right}, says: []string{"cause: .*application", "next: "}},
		{name: "wrong secret", with: []string{"--tenant", tenant, "--app", app, "--secret-file", wrong}, says: []string{"cause: .*secret", "next: "}},
		{name: "no such secret file", with: []string{"--tenant", tenant, "--app", app, "--secret-file", "/nowhere/secret"}, says: []string{"/nowhere/secret: no such file", "Next: "}},
		{name: "no such certificate file", with: []string{"--tenant", tenant, "--app", app, "--certificate", "/nowhere/app.pem"}, says: []string{"/nowhere/app.pem: no such file", "Next: "}},
		{
			name:   "expired secret",
			before: fmt.Sprintf(`{"secrets":[],"expiredSecrets":[%q]}`, secret), after: fmt.Sprintf(`{"secrets":[%q],"expiredSecrets":[]}`, secret),
			with: []string{"--tenant", tenant, "--app", app, "--secret-file", right}, says: []string{"cause: .*expired", "next: "},
		},
		{
			name: "wrong certificate", with: []string{"--tenant", tenant, "--app", app, "--certificate", file("unknown.pem", certificate(t, time.Hour))},
			says: []string{"cause: .*certificate", "next: "},
		},
		{
			name: "expired certificate", with: []string{"--tenant", tenant, "--app", app, "--certificate", file("expired.pem", certificate(t, -time.Hour))},
			says: []string{"the certificate ended on", "[Nn]ext: "},
		},
		{
			name: "file without a certificate", with: []string{"--tenant", tenant, "--app", app, "--certificate", file("empty.pem", "nothing")},
			says: []string{"certificate", "[Nn]ext: "},
		},
		{
			name: "application that nobody consented to", before: `{"noServicePrincipal":true}`, after: `{"noServicePrincipal":false}`,
			with: []string{"--tenant", tenant, "--app", app, "--secret-file", right}, says: []string{"cause: .*no service principal", "next: .*consent"},
		},
		{
			name: "disabled application", before: `{"disabled":true}`, after: `{"disabled":false}`,
			with: []string{"--tenant", tenant, "--app", app, "--secret-file", right}, says: []string{"cause: .*disabled", "next: "},
		},
		{
			name: "missing permission", before: permissions(t, "Mail.Read", "Mail.ReadWrite"), after: permissions(t),
			with: []string{"--tenant", tenant, "--app", app, "--secret-file", right}, says: []string{"failed +permission Mail.Read\n +cause: ", "next: .*consent"},
		},
	} {
		t.Run(scene.name, func(t *testing.T) {
			c := all.in(t)
			c.administer(scene.before)
			said := c.expect(1, scene.says, append([]string{"connection", "add", "--cloud", "sim", "--simulator", c.tenant}, scene.with...)...)
			c.administer(scene.after)
			c.putRight(tenant, right, said)
		})
	}
	c := all
	c.do("connection", "add", "--cloud", "sim", "--simulator", c.tenant, "--secret-file", right)
	c.expect(1, []string{"Next: .*connection modify"}, "connection", "add", "--cloud", "sim", "--simulator", c.tenant)
	c.expect(1, []string{"stays as it was: .*secret .* is wrong", "Next: "}, "connection", "modify", "", "--secret-file", wrong)
	c.expect(0, []string{"verified"}, "connection", "list") // the credential that works was not replaced
	c.do("connection", "test", "")
}

// putRight gives a connection that was added the application and secret that it should have, and
// removes it: the ways on that were said. One to a wrong tenant can only be removed.
func (c *climate) putRight(tenant, secret, said string) {
	c.Helper()
	var all authv1.ListConnectionsResponse
	c.ask(&all, "connection", "list")
	for _, connection := range all.GetConnections() {
		if connection.GetState() != authv1.ConnectionState_CONNECTION_STATE_DEGRADED {
			c.Errorf("the connection that was added is %s", connection.GetState())
		}
		for _, way := range []string{"added all the same", "connection modify " + connection.GetName(), "connection remove " + connection.GetName()} {
			if !strings.Contains(said, way) {
				c.Errorf("it does not say %q:\n%s", way, said)
			}
		}
		if connection.GetTenantId() == tenant {
			c.do("connection", "modify", connection.GetName(), "--app", c.simulator.ClientID, "--secret-file", secret)
			c.expect(0, []string{"verified"}, "connection", "list")
		}
		c.do("connection", "remove", connection.GetName())
	}
}

// administer changes the application in the tenant; "" is nothing.
func (c *climate) administer(change string) {
	c.Helper()
	if change == "" {
		return
	}
	fields := map[string]any{"clientId": c.simulator.ClientID}
	if err := json.Unmarshal([]byte(change), &fields); err != nil {
		c.Fatal(err)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		c.Fatal(err)
	}
	var reply json.RawMessage
	c.control(http.MethodPost, "/sim/apps", string(body), &reply)
}

// permissions are all that the application may have, without some.
func permissions(t *testing.T, without ...string) string {
	t.Helper()
	granted := slices.DeleteFunc(slices.Clone(sim.Permissions), func(role string) bool { return slices.Contains(without, role) })
	text, err := json.Marshal(map[string]any{"roles": granted})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// certificate makes a certificate with its key that is good for so long, as PEM.
func certificate(t *testing.T, lasts time.Duration) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(lasts)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "weather"}, NotBefore: until.Add(-2 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return string(append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...))
}
