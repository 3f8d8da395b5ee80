package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// TokenPrefix starts every API token, so that scanners for leaked secrets can find one.
const TokenPrefix = "tk_"

// Tokens knows the people's tokens, by their hashes only.
type Tokens struct {
	admin [sha256.Size]byte
}

// NewTokens knows one token: the administrator's.
func NewTokens(admin string) *Tokens {
	return &Tokens{admin: sha256.Sum256([]byte(admin))}
}

// Person returns whose token that is. A wrong one is Unauthentic.
func (t *Tokens) Person(token string) (string, error) {
	hash := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(hash[:], t.admin[:]) != 1 {
		return "", fault.New(fault.Unauthentic, "check token", "the token is not known here",
			fault.Reason("TOKEN_UNKNOWN"), fault.Next("use the token in admin.token of the server's data directory"))
	}
	return "admin", nil
}

// AdminToken returns the administrator's token from a file that only its owner can read, and
// makes token and file if there are none.
func AdminToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fault.As(fault.Internal, "read admin token", err)
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails: it ends the process instead
	token := TokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fault.As(fault.Internal, "write admin token", err)
	}
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fault.As(fault.Internal, "write admin token", err)
	}
	return token, nil
}
