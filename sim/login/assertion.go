package login

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // thumbprints in error texts are SHA-1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// assertion is the JWT that a client signs instead of sending a secret.
type assertion struct {
	Header struct {
		Algorithm string `json:"alg"`
		X5T       string `json:"x5t"`
		X5TS256   string `json:"x5t#S256"`
	}
	Claims struct {
		Audience  string  `json:"aud"`
		Issuer    string  `json:"iss"`
		Subject   string  `json:"sub"`
		ID        string  `json:"jti"`
		NotBefore float64 `json:"nbf"`
		Expires   float64 `json:"exp"`
	}
	signed    string
	signature []byte
}

func parseAssertion(text string) (assertion, bool) {
	var a assertion
	parts := strings.Split(text, ".")
	if len(parts) != 3 || !decodePart(parts[0], &a.Header) || !decodePart(parts[1], &a.Claims) {
		return a, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	a.signed, a.signature = parts[0]+"."+parts[1], signature
	return a, err == nil
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return err == nil && json.Unmarshal(raw, into) == nil
}

// verify checks the assertion of an app for this endpoint.
func (a assertion) verify(app App, audiences []string, now time.Time) *refusal {
	certificate := app.certificate(a.Header.X5TS256, a.Header.X5T)
	if certificate == nil {
		return refuse(http.StatusUnauthorized, "invalid_client", 700027,
			"The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '%s', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '%s'.]",
			a.thumbprint(), app.ID)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok || !a.signedBy(key) {
		sum := sha1.Sum(certificate.Raw) //nolint:gosec // see above
		return refuse(http.StatusUnauthorized, "invalid_client", 700027,
			"Client assertion failed signature validation. [Reason - The provided signature value did not match the expected signature value., Thumbprint of key used by client: '%s']",
			strings.ToUpper(hex.EncodeToString(sum[:])))
	}
	if now.After(certificate.NotAfter) {
		return refuse(http.StatusUnauthorized, "invalid_client", 7000222, "The provided client certificate has expired for app '%s'.", app.ID)
	}
	return a.verifyClaims(app, audiences, now)
}

// clockSkew is what Entra tolerates between two clocks.
const clockSkew = 5 * time.Minute

func (a assertion) verifyClaims(app App, audiences []string, now time.Time) *refusal {
	known := false
	for _, audience := range audiences {
		known = known || strings.EqualFold(a.Claims.Audience, audience)
	}
	switch seconds := float64(now.Unix()); {
	case !known:
		return refuse(http.StatusUnauthorized, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.")
	case a.Claims.Issuer != app.ID || a.Claims.Subject != app.ID:
		return refuse(http.StatusUnauthorized, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case a.Claims.ID == "":
		return refuse(http.StatusUnauthorized, "invalid_client", 7000214, "The client assertion has no 'jti' claim.")
	case a.Claims.Expires <= seconds-clockSkew.Seconds(), a.Claims.NotBefore > seconds+clockSkew.Seconds():
		return refuse(http.StatusUnauthorized, "invalid_client", 700024, "Client assertion is not within its valid time range. Current time: %s.", now.UTC().Format(time.RFC3339))
	}
	return nil
}

func (a assertion) thumbprint() string {
	text := a.Header.X5TS256
	if text == "" {
		text = a.Header.X5T
	}
	raw, _ := base64.RawURLEncoding.DecodeString(text) // an unreadable one is shown as empty
	return strings.ToUpper(hex.EncodeToString(raw))
}

func (a assertion) signedBy(key *rsa.PublicKey) bool {
	digest := sha256.Sum256([]byte(a.signed))
	switch a.Header.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], a.signature) == nil
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, digest[:], a.signature, nil) == nil
	}
	return false
}
