package sim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/control"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/drive"
	"github.com/tenantkeep/tenantkeep/sim/faults"
	"github.com/tenantkeep/tenantkeep/sim/gateway"
	"github.com/tenantkeep/tenantkeep/sim/ledger"
	"github.com/tenantkeep/tenantkeep/sim/load"
	"github.com/tenantkeep/tenantkeep/sim/login"
	"github.com/tenantkeep/tenantkeep/sim/mail"
	"github.com/tenantkeep/tenantkeep/sim/subscription"
	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Server is a simulated tenant.
type Server struct {
	Tenant       string // GUID
	Domain       string
	ClientID     string // of the first application
	ClientSecret string // its first secret, if it has one

	Directory *directory.Store
	Mail      *mail.Store
	Drives    *drive.Store
	Ledger    *ledger.Ledger
	Faults    *faults.Script
	Apps      *login.Apps
	Login     *login.Server

	Subscriptions *subscription.Store

	graph   *gateway.Gateway
	control *control.Server
	hosts   map[string]http.Handler // pre-authenticated hosts by name
}

// New makes a tenant.
func New(config Config) (*Server, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	s := &Server{Tenant: config.Tenant, Domain: config.Domain, ClientID: config.Apps[0].ID, hosts: map[string]http.Handler{}}
	if secrets := config.Apps[0].Secrets; len(secrets) > 0 {
		s.ClientSecret = secrets[0]
	}
	s.Ledger, s.Faults, s.Apps = ledger.New(), &faults.Script{}, login.NewApps(config.Apps...)
	s.Login = login.New(login.Config{
		Tenant: config.Tenant, Domains: []string{config.Domain}, Apps: s.Apps,
		Lifetime: config.TokenLifetime, Now: config.Now, Issued: s.Ledger.Token,
	})
	s.Subscriptions = subscription.New(subscription.Config{
		Seed: config.Seed, Tenant: config.Tenant, Now: config.Now, Client: config.Notifier, Retry: config.NotifyAgain,
		Resolve: func(user string) string { return s.Directory.Resolve(user) },
		Owner:   func(drive string) string { return s.Drives.Owner(drive) },
		Folder:  func(user, name string) string { return s.Mail.FolderID(user, name) },
	})
	s.Directory = directory.New(directory.Config{
		Seed: config.Seed, Tenant: config.Tenant, Domain: config.Domain, Users: config.Users, Now: config.Now, Events: s.Subscriptions})
	s.Mail = mail.New(mail.Config{Seed: config.Seed, Mails: config.Mails, Domain: config.Domain, Directory: s.Directory, Now: config.Now, Events: s.Subscriptions})
	s.Drives = drive.New(drive.Config{Seed: config.Seed, Machine: config.FilesHost, Files: config.Files, Domain: config.Domain, Directory: s.Directory, Now: config.Now, Events: s.Subscriptions})
	if err := s.load(config); err != nil {
		return nil, err
	}
	router := &wire.Router{}
	router.Add(s.Directory.Routes()...)
	router.Add(s.Mail.Routes()...)
	router.Add(s.Drives.Routes()...)
	router.Add(s.Subscriptions.Routes()...)
	s.assemble(config, router, []control.Workload{s.Mail, s.Drives})
	s.hosts[mail.UploadHost] = s.graph.Host(mail.UploadHost, wire.Gateway, http.HandlerFunc(s.Mail.Upload))
	s.hosts[s.Drives.Host()] = s.graph.Host(s.Drives.Host(), wire.Files, http.HandlerFunc(s.Drives.Serve))
	return s, nil
}

// Close ends what the tenant does by itself: it posts notifications to those who subscribed.
func (s *Server) Close() { s.Subscriptions.Close() }

// load gives users their real content: what is no mail is a drive, if it is a folder.
func (s *Server) load(config Config) error {
	for _, l := range config.Load {
		folders, err := load.Mail(l.Path, config.Now())
		if errors.Is(err, load.ErrNoMail) && load.IsFolder(l.Path) {
			s.Drives.Load(s.Directory.Ensure(l.Address).ID, l.Path)
			continue
		}
		if err != nil {
			return err
		}
		s.Mail.Load(s.Directory.Ensure(l.Address).ID, folders)
	}
	return nil
}

// assemble puts the gateway and the control API around the families.
func (s *Server) assemble(config Config, router *wire.Router, workloads []control.Workload) {
	published := throttle.Published(config.Users, config.Licences)
	var limits []throttle.Limit
	if config.Throttle {
		limits = published
	}
	limiter := throttle.New(config.Tenant, limits)
	s.graph = gateway.New(gateway.Config{
		Router: router, Login: s.Login, Ledger: s.Ledger, Faults: s.Faults, Limiter: limiter,
		Resolve: s.Directory.Resolve, Owner: s.Drives.Owner, Now: config.Now, Latency: config.Latency,
	})
	s.control = control.New(control.Config{
		Tenant: control.Tenant{Tenant: s.Tenant, Domain: s.Domain, ClientID: s.ClientID, ClientSecret: s.ClientSecret},
		Ledger: s.Ledger, Faults: s.Faults, Apps: s.Apps, Login: s.Login, Gateway: s.graph, Limiter: limiter,
		Published: published, Directory: s.Directory, Workloads: workloads, MakeFile: s.Drives.Make, Subscriptions: s.Subscriptions, Now: config.Now,
	})
}

// ServeHTTP tells the hosts apart by the first segment of the path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch host := s.hosts[first]; {
	case host != nil:
		host.ServeHTTP(w, r)
	case first == "v1.0" || first == "beta":
		s.graph.ServeHTTP(w, r)
	case first == "sim":
		s.control.ServeHTTP(w, r)
	default:
		s.Login.ServeHTTP(w, r)
	}
}
