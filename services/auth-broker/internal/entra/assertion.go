package entra

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionLife is what Microsoft advises at most.
const assertionLife = 10 * time.Minute

// assertion is the signed statement that replaces a secret (RFC 7523): PS256, the certificate named by
// the SHA-256 of its DER form.
func assertion(pair connection.Pair, application m365.AppID, audience string, now time.Time) (string, error) {
	thumbprint := sha256.Sum256(pair.Certificate.Raw)
	header, err := part(map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(thumbprint[:])})
	if err != nil {
		return "", err
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	claims, err := part(map[string]any{
		"aud": audience, "iss": application, "sub": application, "jti": hex.EncodeToString(id[:]),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed := header + "." + claims
	sum := sha256.Sum256([]byte(signed))
	// RFC 7518 section 3.5: the salt is as long as the hash.
	signature, err := rsa.SignPSS(rand.Reader, pair.Key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fault.As(fault.Internal, "sign assertion", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func part(value map[string]any) (string, error) {
	text, err := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(text), fault.As(fault.Internal, "write assertion", err)
}
