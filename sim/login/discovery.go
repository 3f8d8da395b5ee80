package login

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
)

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// configuration is OpenID discovery of the tenant.
func (s *Server) configuration(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	if refused := s.checkTenant(tenant); refused != nil && tenant != "common" && tenant != "organizations" {
		refused.write(w, s.now())
		return
	}
	base := origin(r) + "/" + s.tenant
	writeJSON(w, http.StatusOK, map[string]any{
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"issuer":                                base + "/v2.0",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   r.Host,
		"msgraph_host":                          r.Host,
	})
}

// keys is the key set that tokens can be checked with (RFC 7517).
func (s *Server) keys(w http.ResponseWriter, _ *http.Request) {
	key, err := signingKey()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]any{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

// instance is how Microsoft's libraries find out that a login host is genuine.
func (s *Server) instance(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": origin(r) + "/" + s.tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []map[string]any{{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}},
	})
}

// consent plays the administrator who agrees at once: the app gets the roles it asks for only by
// registration, so the redirect alone tells nothing about them. With deny=true the administrator
// declines.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	back, err := url.Parse(asked.Get("redirect_uri"))
	if err != nil || back.Host == "" {
		refuse(http.StatusBadRequest, "invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'.", asked.Get("redirect_uri"), asked.Get("client_id")).write(w, s.now())
		return
	}
	answer := back.Query()
	answer.Set("state", asked.Get("state"))
	if asked.Get("deny") == "true" {
		answer.Set("error", "permission_denied")
		answer.Set("error_description", "The admin canceled the request")
	} else {
		answer.Set("tenant", s.tenant)
		answer.Set("admin_consent", "True")
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}
