package entra

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// capabilities declares that we understand continuous access evaluation: Graph may then refuse a token
// that was revoked before its end, with a challenge that we pass on here.
const capabilities = `{"access_token":{"xms_cc":{"values":["cp1"]}}}`

// mergeClaims is the claims parameter: our capabilities, and the challenge if there is one.
func mergeClaims(challenge string) (string, error) {
	if challenge == "" {
		return capabilities, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(challenge), "="))
	if err != nil {
		return "", badClaims(err)
	}
	var claims map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &claims); err != nil {
		return "", badClaims(err)
	}
	if claims == nil {
		claims = map[string]map[string]json.RawMessage{}
	}
	if claims["access_token"] == nil {
		claims["access_token"] = map[string]json.RawMessage{}
	}
	claims["access_token"]["xms_cc"] = json.RawMessage(`{"values":["cp1"]}`)
	merged, err := json.Marshal(claims)
	return string(merged), fault.As(fault.Internal, "answer claims challenge", err)
}

func badClaims(err error) error {
	return fault.As(fault.Invalid, "answer claims challenge", err, fault.Reason("CLAIMS_MALFORMED"),
		fault.Next("pass the claims of the WWW-Authenticate header as they are"))
}

// rolesOf reads the application permissions out of a token. Tokens are opaque by contract, and Microsoft
// may seal them one day, so this only serves to explain: no call depends on it.
func rolesOf(token string) (roles []string, readable bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return nil, false
	}
	var claims struct {
		Roles []string `json:"roles"`
	}
	err = json.Unmarshal(raw, &claims)
	return claims.Roles, err == nil
}
