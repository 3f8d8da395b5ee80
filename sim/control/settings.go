package control

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/login"
)

// application is the body of POST /sim/apps. What is left out stays as it is.
type application struct {
	ClientID     string    `json:"clientId"`
	Secrets      *[]string `json:"secrets"`
	Expired      *[]string `json:"expiredSecrets"`
	Certificates *[]string `json:"certificates"` // PEM
	Roles        *[]string `json:"roles"`        // replaces what was consented to
	Disabled     *bool     `json:"disabled"`
	NoPrincipal  *bool     `json:"noServicePrincipal"`
}

func (s *Server) putApp(r *http.Request) (any, error) {
	var given application
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	if given.ClientID == "" {
		return nil, fmt.Errorf("clientId is missing")
	}
	var certificates []*x509.Certificate
	if given.Certificates != nil {
		for _, text := range *given.Certificates {
			certificate, err := parseCertificate(text)
			if err != nil {
				return nil, err
			}
			certificates = append(certificates, certificate)
		}
	}
	app := s.Apps.Update(given.ClientID, func(app *login.App) {
		set(&app.Secrets, given.Secrets)
		set(&app.Expired, given.Expired)
		set(&app.Roles, given.Roles)
		set(&app.Disabled, given.Disabled)
		set(&app.NoPrincipal, given.NoPrincipal)
		if given.Certificates != nil {
			app.Certificates = certificates
		}
	})
	return map[string]any{"clientId": app.ID, "roles": app.Roles, "certificates": len(app.Certificates), "disabled": app.Disabled}, nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("certificate: no PEM block")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return certificate, nil
}

// settings of POST /sim/settings. What is left out stays as it is.
func (s *Server) settings(r *http.Request) (any, error) {
	var given struct {
		Latency       string `json:"latency"`       // a duration: 50ms
		TokenLifetime string `json:"tokenLifetime"` // a duration: 1h
		Throttle      string `json:"throttle"`      // published or off
		Gzip          string `json:"gzip"`          // on or off: whether clients that take gzip get it
		Spread        string `json:"spread"`        // a duration: how long it takes until a change of the directory can be read
	}
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	if err := duration(given.Latency, s.Gateway.SetLatency); err != nil {
		return nil, err
	}
	if err := duration(given.TokenLifetime, s.Login.SetLifetime); err != nil {
		return nil, err
	}
	if err := duration(given.Spread, s.Directory.SetDelay); err != nil {
		return nil, err
	}
	switch given.Gzip {
	case "on", "off":
		s.Gateway.SetPlain(given.Gzip == "off")
	case "":
	default:
		return nil, fmt.Errorf("gzip %q: on or off", given.Gzip)
	}
	switch given.Throttle {
	case "published":
		s.Limiter.SetLimits(s.Published)
	case "off":
		s.Limiter.SetLimits(nil)
	case "":
	default:
		return nil, fmt.Errorf("throttle %q: published or off", given.Throttle)
	}
	return given, nil
}

func duration(text string, apply func(time.Duration)) error {
	if text == "" {
		return nil
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	apply(value)
	return nil
}

// expire makes delta tokens worthless: of the directory ("directory"), of one workload by its
// name, or of everything; of one user if it is named.
func (s *Server) expire(r *http.Request) (any, error) {
	var given struct {
		Scope string `json:"scope"`
		User  string `json:"user"`
	}
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	user := ""
	if given.User != "" {
		if user = s.Directory.Resolve(given.User); user == "" {
			return nil, fmt.Errorf("user %q is not in the directory", given.User)
		}
	}
	if given.Scope == "" && user == "" || given.Scope == "directory" {
		s.Directory.Expire()
	}
	for _, workload := range s.Workloads {
		if given.Scope == "" || given.Scope == workload.Name() {
			workload.Expire(user)
		}
	}
	return given, nil
}
