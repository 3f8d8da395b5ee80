package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const (
	secretPrefix = "whsec_"
	secretSize   = 32
	leastSecret  = 24
	mostSecret   = 64
)

// NewSecret makes a signing secret.
func NewSecret() string {
	random := make([]byte, secretSize)
	_, _ = rand.Read(random) // never fails, says its documentation
	return secretPrefix + base64.StdEncoding.EncodeToString(random)
}

// CheckSecret refuses what is no signing secret.
func CheckSecret(secret string) error {
	_, err := keyOf(secret)
	return err
}

func keyOf(secret string) ([]byte, error) {
	text, prefixed := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !prefixed || err != nil || len(key) < leastSecret || len(key) > mostSecret {
		return nil, fault.New(fault.Invalid, "read signing secret", "it is not whsec_ and the base64 of 24 to 64 bytes",
			fault.Reason("SECRET_MALFORMED"), fault.Next("leave it out, and one is made and shown once"))
	}
	return key, nil
}

// Sign is the signature of a message.
func Sign(secret, id, timestamp string, body []byte) (string, error) {
	key, err := keyOf(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + timestamp + ".")) // a hash never fails
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
