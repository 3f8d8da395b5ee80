package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config says whose login it is.
type Config struct {
	Tenant   string   // GUID
	Domains  []string // names under which the tenant is known too
	Apps     *Apps
	Lifetime time.Duration
	Now      func() time.Time
	Issued   func(app string) // told of every token that is issued
}

// Server answers under /{tenant}/.
type Server struct {
	tenant   string
	domains  []string
	apps     *Apps
	lifetime atomic.Int64 // nanoseconds
	now      func() time.Time
	issued   func(string)
	verified sync.Map // token -> claims
	mux      *http.ServeMux
}

// New makes the login of one tenant.
func New(config Config) *Server {
	s := &Server{tenant: config.Tenant, domains: config.Domains, apps: config.Apps, now: config.Now, issued: config.Issued}
	s.SetLifetime(config.Lifetime)
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	s.mux.HandleFunc("GET /{tenant}/oauth2/v2.0/token", s.tokenProbe)
	s.mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.configuration)
	s.mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.keys)
	s.mux.HandleFunc("GET /common/discovery/instance", s.instance)
	s.mux.HandleFunc("GET /{tenant}/adminconsent", s.consent)
	s.mux.HandleFunc("GET /{tenant}/v2.0/adminconsent", s.consent)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// SetLifetime changes how long tokens issued from now on are valid.
func (s *Server) SetLifetime(lifetime time.Duration) { s.lifetime.Store(int64(lifetime)) }

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	body, err := wire.ReadBody(r)
	if err != nil {
		refuse(http.StatusBadRequest, "invalid_request", 900144, "The request body could not be read.").write(w, s.now())
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		refuse(http.StatusBadRequest, "invalid_request", 900144, "The request body must be form-encoded.").write(w, s.now())
		return
	}
	if id, secret, ok := r.BasicAuth(); ok {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
	s.grant(w, r, form)
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request, form url.Values) {
	app, method, refused := s.authenticate(r, form)
	scope := qualify(form.Get("scope"))
	if refused == nil {
		refused = checkScope(scope)
	}
	if refused != nil {
		refused.write(w, s.now())
		return
	}
	token, err := s.issue(app, method, strings.TrimSuffix(scope, "/.default"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.issued(app.ID)
	seconds := int(time.Duration(s.lifetime.Load()) / time.Second)
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
	})
}

// tokenProbe answers a GET with a form, as Corso sends it to test credentials.
func (s *Server) tokenProbe(w http.ResponseWriter, r *http.Request) {
	if refused := s.checkTenant(r.PathValue("tenant")); refused != nil {
		refused.write(w, s.now())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{})
}

func (s *Server) checkTenant(tenant string) *refusal {
	if strings.EqualFold(tenant, s.tenant) || slices.Contains(s.domains, strings.ToLower(tenant)) {
		return nil
	}
	if !strings.ContainsAny(tenant, ".-") {
		return refuse(http.StatusBadRequest, "invalid_request", 900023, "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", tenant)
	}
	return refuse(http.StatusBadRequest, "invalid_request", 90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", tenant)
}

// authenticate finds out which app asks, and how it proved that: "1" secret, "2" certificate.
func (s *Server) authenticate(r *http.Request, form url.Values) (App, string, *refusal) {
	tenant, id := r.PathValue("tenant"), form.Get("client_id")
	if refused := s.checkTenant(tenant); refused != nil {
		return App{}, "", refused
	}
	if grant := form.Get("grant_type"); grant != "client_credentials" {
		return App{}, "", refuse(http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'.", grant)
	}
	app, known := s.apps.Get(id)
	switch {
	case !known:
		return app, "", refuse(http.StatusBadRequest, "unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, s.tenant)
	case app.NoPrincipal:
		return app, "", refuse(http.StatusUnauthorized, "invalid_client", 7000229, "The client application %s is missing service principal in the tenant %s. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", id, s.tenant)
	case app.Disabled:
		return app, "", refuse(http.StatusBadRequest, "unauthorized_client", 7000112, "Application '%s' is disabled.", id)
	case form.Get("client_assertion") != "":
		return app, "2", s.checkAssertion(r, app, form)
	case form.Get("client_secret") != "":
		return app, "1", checkSecret(app, form.Get("client_secret"))
	}
	return app, "", refuse(http.StatusUnauthorized, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

func checkSecret(app App, secret string) *refusal {
	switch {
	case slices.Contains(app.Secrets, secret):
		return nil
	case slices.Contains(app.Expired, secret):
		return refuse(http.StatusUnauthorized, "invalid_client", 7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", app.ID)
	}
	return refuse(http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app.ID)
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (s *Server) checkAssertion(r *http.Request, app App, form url.Values) *refusal {
	assertion, ok := parseAssertion(form.Get("client_assertion"))
	if !ok || form.Get("client_assertion_type") != assertionType {
		return refuse(http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed.")
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	host := scheme + r.Host + "/" + r.PathValue("tenant")
	return assertion.verify(app, []string{host + "/oauth2/v2.0/token", host + "/v2.0", host + "/oauth2/token"}, s.now())
}

// qualify leaves out the scopes of OpenID Connect, which Microsoft's own libraries send along, and
// names the resource of a scope that has none: it is Graph, and rclone relies on that.
// https://learn.microsoft.com/entra/identity-platform/scopes-oidc
func qualify(scope string) string {
	scopes := slices.DeleteFunc(strings.Fields(scope), func(one string) bool {
		return one == "openid" || one == "profile" || one == "email" || one == "offline_access"
	})
	if len(scopes) == 1 && scopes[0] == ".default" {
		return "https://graph.microsoft.com/.default"
	}
	return strings.Join(scopes, " ")
}

// checkScope asks for exactly one resource and all its permissions.
func checkScope(scope string) *refusal {
	switch resource, isDefault := strings.CutSuffix(scope, "/.default"); {
	case scope == "":
		return refuse(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
	case !isDefault || strings.Contains(scope, " "):
		return refuse(http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", scope)
	case !strings.Contains(resource, "://"):
		return refuse(http.StatusBadRequest, "invalid_resource", 500011, "The resource principal named %s was not found in the tenant.", resource)
	}
	return nil
}

func (s *Server) issue(app App, method, audience string) (string, error) {
	now := s.now()
	principal := seed.New(seed.Text(app.ID), seed.Text(s.tenant))
	unique := seed.New(uint64(now.UnixNano()), seed.Text(app.ID))
	oid := principal.GUID()
	return sign(claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + s.tenant + "/",
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(time.Duration(s.lifetime.Load())).Unix(),
		AppID: app.ID, AppIDACR: method, Type: "app", Principal: oid, Subject: oid,
		Roles: app.Roles, Tenant: s.tenant, ID: unique.GUID(), Version: "1.0",
	})
}
