package login

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// signingKey is made once per process: it only has to be the same for all who ask, and making
// it takes longer than most tests.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

const keyID = "sim-signing-key"

// Caller is who a valid token was issued to.
type Caller struct {
	App   string
	Roles []string
}

type claims struct {
	Audience  string   `json:"aud"`
	Issuer    string   `json:"iss"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	AppID     string   `json:"appid"`
	AppIDACR  string   `json:"appidacr"` // 1 secret, 2 certificate
	Type      string   `json:"idtyp"`
	Principal string   `json:"oid"`
	Subject   string   `json:"sub"`
	Roles     []string `json:"roles,omitempty"`
	Tenant    string   `json:"tid"`
	ID        string   `json:"uti"`
	Version   string   `json:"ver"`
}

func sign(c claims) (string, error) {
	key, err := signingKey()
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "RS256", "kid": keyID})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// Why a token is refused.
const (
	tokenMissing = "Access token is empty."
	tokenBroken  = "IDX14100: JWT is not well formed, there are no dots (.)."
	tokenForged  = "Access token validation failure. Invalid signature."
	tokenExpired = "Lifetime validation failed, the token is expired."
	tokenForeign = "Access token validation failure. Invalid audience."
)

// Verify checks a bearer token as Graph does. The text is empty if it is good, else Graph's
// message for InvalidAuthenticationToken.
func (s *Server) Verify(authorization string) (Caller, string) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Caller{}, tokenMissing
	}
	known, message := s.check(token)
	if message == "" && !s.now().Before(time.Unix(known.Expires, 0)) {
		message = tokenExpired
	}
	return Caller{known.AppID, known.Roles}, message
}

// check verifies signature, issuer and tenant; the outcome of a good token is remembered, since a
// client sends the same one thousands of times.
func (s *Server) check(token string) (claims, string) {
	if known, ok := s.verified.Load(token); ok {
		return known.(claims), ""
	}
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || !decodePart(parts[1], &c) {
		return c, tokenBroken
	}
	key, err := signingKey()
	if err != nil {
		return c, err.Error()
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2]) // unreadable: fails the check
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch {
	case rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature) != nil:
		return c, tokenForged
	case c.Tenant != s.tenant:
		return c, tokenForeign
	}
	s.verified.Store(token, c)
	return c, ""
}
