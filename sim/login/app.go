package login

import (
	"crypto/sha1" //nolint:gosec // x5t is defined as SHA-1 (RFC 7515 section 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"sync"
)

// App is a registered application and its service principal.
type App struct {
	ID           string
	Secrets      []string
	Expired      []string // secrets that were valid once
	Certificates []*x509.Certificate
	Roles        []string // application permissions an admin consented to
	Disabled     bool
	NoPrincipal  bool // registered, but without a service principal in this tenant
}

// certificate finds the one whose thumbprint an assertion names: SHA-256 in x5t#S256, or SHA-1
// in x5t as older libraries send it.
func (a App) certificate(x5tS256, x5t string) *x509.Certificate {
	for _, certificate := range a.Certificates {
		long, short := sha256.Sum256(certificate.Raw), sha1.Sum(certificate.Raw) //nolint:gosec // see above
		if x5tS256 != "" && x5tS256 == base64.RawURLEncoding.EncodeToString(long[:]) ||
			x5t != "" && x5t == base64.RawURLEncoding.EncodeToString(short[:]) {
			return certificate
		}
	}
	return nil
}

// Apps is the registry of applications.
type Apps struct {
	mu   sync.RWMutex
	byID map[string]App
}

// NewApps registers the given applications.
func NewApps(apps ...App) *Apps {
	registry := &Apps{byID: map[string]App{}}
	for _, app := range apps {
		registry.Put(app)
	}
	return registry
}

// Put registers an application or replaces it.
func (a *Apps) Put(app App) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.byID[app.ID] = app
}

// Get returns a registered application.
func (a *Apps) Get(id string) (App, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	app, known := a.byID[id]
	return app, known
}

// Update changes an application in place; unknown ones are made.
func (a *Apps) Update(id string, change func(*App)) App {
	a.mu.Lock()
	defer a.mu.Unlock()
	app := a.byID[id]
	app.ID = id
	change(&app)
	a.byID[id] = app
	return app
}
