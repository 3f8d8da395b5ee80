package entra_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/entra"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/login"
)

func tenant(t *testing.T, config sim.Config) (*sim.Server, connection.SignIn, connection.Credential) {
	t.Helper()
	s, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, connection.SignIn{
		Connection: "c1", Cloud: "sim", Simulator: server.URL, Tenant: m365.TenantID(s.Tenant), Application: m365.AppID(s.ClientID),
	}, connection.Credential{Secret: s.ClientSecret}
}

func client(t *testing.T, ahead time.Duration) *entra.Client {
	c := entra.New(func() time.Time { return time.Now().Add(ahead) })
	t.Cleanup(c.Close)
	return c
}

func TestSignsInWithSecretAndWithCertificate(t *testing.T) {
	s, signIn, secret := tenant(t, sim.Config{Seed: 1, Users: 12, TokenLifetime: 10 * time.Minute})
	registered, pem := certificate(t, rsaKey(), time.Now().AddDate(0, 1, 0))
	s.Apps.Update(s.ClientID, func(app *login.App) { app.Certificates = []*x509.Certificate{registered} })
	for name, credential := range map[string]connection.Credential{"secret": secret, "certificate": {PEM: pem}} {
		token, err := client(t, 0).SignIn(t.Context(), signIn, credential, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if token.Access == "" || token.Lifetime != 10*time.Minute || !token.Readable || len(token.Roles) != len(sim.Permissions) || token.Skew.Abs() > 2*time.Second {
			t.Errorf("%s: lifetime %v, %d roles, skew %v", name, token.Lifetime, len(token.Roles), token.Skew)
		}
		organization, err := client(t, 0).Organization(t.Context(), signIn, token)
		if err != nil || organization.ID != signIn.Tenant || organization.Domains[0] != s.Domain || organization.Name == "" {
			t.Errorf("%s: %v, %v", name, organization, err)
		}
		size, err := client(t, 0).Size(t.Context(), signIn, token)
		if people := int64(len(s.Directory.People())); err != nil || size.Users != people || size.Licences < 1 || size.Licences > people {
			t.Errorf("%s: %+v, %v", name, size, err)
		}
	}
}

// TestEachRefusalHasItsOwnCause goes through what the simulator, after Entra, refuses.
func TestEachRefusalHasItsOwnCause(t *testing.T) {
	_, pem := certificate(t, rsaKey(), time.Now().AddDate(0, 1, 0))
	for reason, spoil := range map[string]func(s *sim.Server, signIn *connection.SignIn, credential *connection.Credential){
		"APPLICATION_UNKNOWN": func(_ *sim.Server, signIn *connection.SignIn, _ *connection.Credential) {
			signIn.Application = "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"
		},
		"TENANT_UNKNOWN": func(_ *sim.Server, signIn *connection.SignIn, _ *connection.Credential) {
			signIn.Tenant = "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"
		},
		"SECRET_WRONG": func(_ *sim.Server, _ *connection.SignIn, credential *connection.Credential) {
			credential.Secret = "hunter2"
		},
		"CREDENTIAL_EXPIRED": func(s *sim.Server, _ *connection.SignIn, credential *connection.Credential) {
			s.Apps.Update(s.ClientID, func(app *login.App) { app.Expired, app.Secrets = app.Secrets, nil })
		},
		"CERTIFICATE_UNKNOWN": func(_ *sim.Server, _ *connection.SignIn, credential *connection.Credential) {
			*credential = connection.Credential{PEM: pem}
		},
		"APPLICATION_DISABLED": func(s *sim.Server, _ *connection.SignIn, _ *connection.Credential) {
			s.Apps.Update(s.ClientID, func(app *login.App) { app.Disabled = true })
		},
		"PRINCIPAL_MISSING": func(s *sim.Server, _ *connection.SignIn, _ *connection.Credential) {
			s.Apps.Update(s.ClientID, func(app *login.App) { app.NoPrincipal = true })
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s, signIn, credential := tenant(t, sim.Config{Seed: 1})
			spoil(s, &signIn, &credential)
			_, err := client(t, 0).SignIn(t.Context(), signIn, credential, "")
			if fault.ReasonOf(err) != reason || fault.NextOf(err) == "" || fault.Retryable(err) {
				t.Errorf("reason %q, next %q: %v", fault.ReasonOf(err), fault.NextOf(err), err)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "{app}")) {
				t.Errorf("text %q", err)
			}
		})
	}
}

func TestClockThatIsOffIsNamed(t *testing.T) {
	s, signIn, secret := tenant(t, sim.Config{Seed: 1})
	registered, pem := certificate(t, rsaKey(), time.Now().AddDate(0, 1, 0))
	s.Apps.Update(s.ClientID, func(app *login.App) { app.Certificates = []*x509.Certificate{registered} })
	_, err := client(t, 20*time.Minute).SignIn(t.Context(), signIn, connection.Credential{PEM: pem}, "")
	if fault.ReasonOf(err) != "CLOCK_SKEW" || !strings.Contains(err.Error(), "off by 20m") && !strings.Contains(err.Error(), "off by 19m") {
		t.Errorf("%v", err)
	}
	token, err := client(t, 20*time.Minute).SignIn(t.Context(), signIn, secret, "")
	if err != nil || token.Skew < 19*time.Minute {
		t.Errorf("with a secret it works, and the skew %v is seen: %v", token.Skew, err)
	}
}

// TestAnswersThatTheSimulatorNeverGives has a server that says just that.
func TestAnswersThatTheSimulatorNeverGives(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		header string
		body   string
		reason string
		kind   fault.Kind
		wait   time.Duration
	}{
		"wrong cloud":          {400, "", refusal(500011, "invalid_resource"), "CLOUD_WRONG", fault.Precondition, 0},
		"tenant elsewhere":     {400, "", refusal(900382, "invalid_request"), "CLOUD_WRONG", fault.Precondition, 0},
		"malformed tenant":     {400, "", refusal(900023, "invalid_request"), "TENANT_MALFORMED", fault.Invalid, 0},
		"no consent":           {400, "", refusal(65001, "invalid_grant"), "CONSENT_MISSING", fault.Precondition, 0},
		"conditional access":   {400, "", refusal(53003, "access_denied"), "CONDITIONAL_ACCESS", fault.Precondition, 0},
		"number in text only":  {401, "", `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}`, "SECRET_WRONG", fault.Precondition, 0},
		"a number of tomorrow": {400, "", refusal(999999, "invalid_request"), "SIGN_IN_REFUSED", fault.Precondition, 0},
		"slow down":            {429, "3", `{}`, "THROTTLED", fault.Throttled, 3 * time.Second},
		"overload, empty":      {503, "1.5", ``, "ENTRA_UNAVAILABLE", fault.Transient, 1500 * time.Millisecond},
		"a proxy's page":       {403, "", `<html>blocked</html>`, "REPLY_UNREADABLE", fault.Precondition, 0},
		"a redirect":           {302, "", ``, "REPLY_UNREADABLE", fault.Precondition, 0},
		"a token page of html": {200, "", `<html>welcome</html>`, "REPLY_UNREADABLE", fault.Transient, 0},
		"no life":              {200, "", `{"access_token":"x","expires_in":0}`, "REPLY_UNREADABLE", fault.Transient, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.Header().Set("Location", "http://example.invalid/")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			_, err := client(t, 0).SignIn(t.Context(), at(server.URL), connection.Credential{Secret: "s"}, "")
			if fault.ReasonOf(err) != test.reason || !fault.Is(err, test.kind) || fault.RetryAfterOf(err) != test.wait || fault.NextOf(err) == "" {
				t.Errorf("%s, %v, wait %v: %v", fault.ReasonOf(err), fault.KindOf(err), fault.RetryAfterOf(err), err)
			}
		})
	}
}

func at(address string) connection.SignIn {
	return connection.SignIn{Cloud: "sim", Simulator: address, Tenant: "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70", Application: "9a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"}
}

func refusal(number int, code string) string {
	return fmt.Sprintf(`{"error":%q,"error_description":"AADSTS%d: Text.\r\nTrace ID: t","error_codes":[%[2]d],"trace_id":"t"}`, code, number)
}

func TestNoAnswerHasItsOwnCause(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()

	for reason, address := range map[string]string{
		"CONNECTION_REFUSED":  "http://" + closed,
		"HOST_UNKNOWN":        "http://no-such-host.invalid",
		"TLS_UNTRUSTED":       secure.URL,
		"TLS_MISSING":         strings.Replace(plain.URL, "http://", "https://", 1),
		"NETWORK_UNREACHABLE": cut.URL,
	} {
		_, err := client(t, 0).SignIn(t.Context(), at(address), connection.Credential{Secret: "s"}, "")
		if fault.ReasonOf(err) != reason || fault.NextOf(err) == "" {
			t.Errorf("%s: %s: %v", reason, fault.ReasonOf(err), err)
		}
	}
}

func TestClaimsOfAChallengeArePassedOn(t *testing.T) {
	var form url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
		_, _ = io.WriteString(w, `{"access_token":"opaque","expires_in":3599}`)
	}))
	defer server.Close()
	challenge := `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`
	for _, encoded := range []string{base64.StdEncoding.EncodeToString([]byte(challenge)), base64.RawURLEncoding.EncodeToString([]byte(challenge))} {
		token, err := client(t, 0).SignIn(t.Context(), at(server.URL), connection.Credential{Secret: "s"}, encoded)
		if err != nil || token.Readable {
			t.Fatal(err)
		}
		if got := form.Get("claims"); got != `{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}` {
			t.Errorf("claims %s", got)
		}
	}
	if _, err := client(t, 0).SignIn(t.Context(), at(server.URL), connection.Credential{Secret: "s"}, "%%"); fault.ReasonOf(err) != "CLAIMS_MALFORMED" {
		t.Errorf("%v", err)
	}
}
