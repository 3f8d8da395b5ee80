package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/gateway"
	"github.com/tenantkeep/tenantkeep/sim/ledger"
	"github.com/tenantkeep/tenantkeep/sim/login"
	"github.com/tenantkeep/tenantkeep/sim/subscription"
	"github.com/tenantkeep/tenantkeep/sim/throttle"
)

// Tenant is what a client needs to connect.
type Tenant struct {
	Tenant       string `json:"tenant"`
	Domain       string `json:"domain"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

// Workload is content of users that can change and be proven: mail, files.
type Workload interface {
	// Name is what callers choose it by.
	Name() string
	// Change plays work or a disaster on what a user has there.
	Change(user directory.Person, plan Plan) (Changes, error)
	// Checksum describes what a user has there.
	Checksum(user directory.Person) ([]Line, error)
	// Expire makes delta tokens worthless: those of one user, or of all if it is empty.
	Expire(user string)
}

// Config is what can be controlled.
type Config struct {
	Tenant    Tenant
	Ledger    *ledger.Ledger
	Faults    *faults.Script
	Apps      *login.Apps
	Login     *login.Server
	Gateway   *gateway.Gateway
	Limiter   *throttle.Limiter
	Published []throttle.Limit
	Directory *directory.Store
	Workloads []Workload
	MakeFile  func(user directory.Person, path string, size int64) error // on the user's drive
	Now       func() time.Time

	Subscriptions *subscription.Store
}

// Server answers below /sim/.
type Server struct {
	Config
	mux *http.ServeMux
}

// New makes the control API.
func New(config Config) *Server {
	s := &Server{Config: config, mux: http.NewServeMux()}
	for pattern, serve := range map[string]func(*http.Request) (any, error){
		"GET /sim/tenant":         s.tenant,
		"GET /sim/ledger":         s.report,
		"GET /sim/routes":         func(*http.Request) (any, error) { return s.Gateway.Router.Routes(), nil },
		"POST /sim/ledger/reset":  s.resetLedger,
		"GET /sim/faults":         s.listFaults,
		"POST /sim/faults":        s.addFault,
		"DELETE /sim/faults":      s.removeFaults,
		"DELETE /sim/faults/{id}": s.removeFaults,
		"GET /sim/limits":         func(*http.Request) (any, error) { return s.Published, nil },
		"GET /sim/quirks":         func(*http.Request) (any, error) { return faults.Quirks, nil },
		"POST /sim/apps":          s.putApp,
		"POST /sim/settings":      s.settings,
		"POST /sim/expire":        s.expire,
		"POST /sim/change":        s.change,
		"GET /sim/checksum":       s.checksum,
		"GET /sim/notifications":  s.notifications,
		"POST /sim/lifecycle":     s.lifecycle,
		"POST /sim/file":          s.makeFile,
	} {
		s.mux.HandleFunc(pattern, answer(serve))
	}
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func answer(serve func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		value, err := serve(r)
		if err != nil {
			status, value = http.StatusBadRequest, map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(value) // the client went away
	}
}

// decode reads a JSON body strictly, so that a misspelt option is noticed. No body is fine.
func decode(r *http.Request, value any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil && r.ContentLength != 0 {
		return fmt.Errorf("request body: %w", err)
	}
	return nil
}

func (s *Server) tenant(*http.Request) (any, error) {
	return struct {
		Tenant
		Users int `json:"users"`
	}{s.Tenant, len(s.Directory.People())}, nil
}

func (s *Server) report(*http.Request) (any, error) { return s.Ledger.Report(), nil }

func (s *Server) resetLedger(*http.Request) (any, error) {
	s.Ledger.Reset()
	return s.Ledger.Report(), nil
}

func (s *Server) listFaults(*http.Request) (any, error) { return s.Faults.Rules(), nil }

func (s *Server) addFault(r *http.Request) (any, error) {
	var rule faults.Rule
	if err := decode(r, &rule); err != nil {
		return nil, err
	}
	if rule.User != "" {
		id := s.Directory.Resolve(rule.User)
		if id == "" {
			return nil, fmt.Errorf("user %q is not in the directory", rule.User)
		}
		rule.User = id
	}
	return s.Faults.Add(rule)
}

func (s *Server) removeFaults(r *http.Request) (any, error) {
	id := 0
	if text := r.PathValue("id"); text != "" {
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("fault %q: a number is expected", text)
		}
		id = number
	}
	s.Faults.Remove(id)
	return s.Faults.Rules(), nil
}
