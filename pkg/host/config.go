package host

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Config is how one process is set up.
type Config struct {
	Service   identity.Service
	Listen    string        // gRPC, host:port
	Metrics   string        // HTTP for metrics and health, host:port; empty for none
	NATS      string        // URL
	Redis     string        // URL; empty keeps budgets and tokens in this process
	DataDir   string        // what this service alone keeps, such as auth-broker's keys
	PKIDir    string        // ca.pem, and this service's certificate and key
	TokenFile string        // the administrator's token
	VaultDir  string        // the vaults of all connections
	Roles     string        // api, work or both, where a service can be split
	Limits    int           // percent of Microsoft's published limits to live on; 0 for all of them
	AckWait   time.Duration // how long a job's worker may be silent before another gets the job
	Collector string        // host:port of an OTLP collector; empty for none
	Peers     map[identity.Service]string
	Health    bool // ask the process that runs with this configuration, instead of being one
}

// ports are where the services listen if nothing else is said.
var ports = map[identity.Service]int{
	identity.AuthBroker: 7101, identity.DirectorySync: 7102, identity.BackupWorker: 7103,
	identity.RestoreWorker: 7104, identity.Notifier: 7105,
}

// ParseConfig reads flags and environment. It returns flag.ErrHelp after printing help to out.
func ParseConfig(service identity.Service, arguments []string, getenv func(string) string, out io.Writer) (Config, error) {
	c := Config{Service: service, Peers: map[identity.Service]string{}}
	set := flag.NewFlagSet(string(service), flag.ContinueOnError)
	set.SetOutput(out)
	text := func(target *string, name, standard, usage string) {
		variable := "TENANTKEEP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if value := getenv(variable); value != "" {
			standard = value
		}
		set.StringVar(target, name, standard, usage+" ["+variable+"]")
	}
	home := DataHome(getenv)
	text(&c.Listen, "listen", fmt.Sprintf("127.0.0.1:%d", ports[service]), "gRPC address")
	text(&c.Metrics, "metrics", "", "HTTP address of /metrics and /healthz; empty for none")
	text(&c.NATS, "nats", "nats://127.0.0.1:4222", "URL of the nats-server")
	text(&c.Redis, "redis", "", "URL of the redis-server; empty keeps budgets and tokens in this process")
	text(&c.DataDir, "data-dir", filepath.Join(home, string(service)), "directory of this service alone")
	text(&c.PKIDir, "pki-dir", filepath.Join(home, "pki"), "directory of ca.pem and the service's certificate")
	text(&c.TokenFile, "token-file", filepath.Join(home, "admin.token"), "file with the administrator's token")
	text(&c.VaultDir, "vault-dir", filepath.Join(home, "vault"), "directory of the vaults")
	text(&c.Roles, "role", "api,work", "api, work or both")
	text(&c.Collector, "otlp", "", "host:port of an OTLP/gRPC collector; empty for none")
	set.BoolVar(&c.Health, "health", false, "ask the process at --listen whether it serves, and end: with 0 if it does, else with 1")
	limits, err := ReadLimits(getenv)
	if err != nil {
		return Config{}, err
	}
	set.IntVar(&c.Limits, "limits", limits, LimitsUsage+"; the same in every process [TENANTKEEP_LIMITS]")
	wait, err := readAckWait(getenv)
	if err != nil {
		return Config{}, err
	}
	set.DurationVar(&c.AckWait, "ack-wait", wait, "how long a worker may be silent before another gets its job; the same in every process [TENANTKEEP_ACK_WAIT]")
	for _, peer := range identity.Services {
		address := fmt.Sprintf("127.0.0.1:%d", ports[peer])
		if value := getenv("TENANTKEEP_" + strings.ToUpper(strings.ReplaceAll(string(peer), "-", "_"))); value != "" {
			address = value
		}
		c.Peers[peer] = address
		set.Func(string(peer), "address of that service (default "+address+")", func(value string) error { c.Peers[peer] = value; return nil })
	}
	if err := set.Parse(arguments); err != nil {
		return Config{}, err
	}
	if set.NArg() > 0 {
		return Config{}, fault.New(fault.Invalid, "read configuration", "unexpected argument "+set.Arg(0), fault.Next("see --help"))
	}
	return c, c.check()
}

// Has tells whether the process plays a role, of those that services can be split into.
func (c Config) Has(role string) bool {
	for _, played := range strings.Split(c.Roles, ",") {
		if strings.TrimSpace(played) == role {
			return true
		}
	}
	return false
}

func (c Config) check() error {
	if !c.Has("api") && !c.Has("work") {
		return fault.New(fault.Invalid, "read configuration", fmt.Sprintf("role %q", c.Roles), fault.Next("set --role to api, work or api,work"))
	}
	return CheckLimits(c.Limits)
}

// DataHome is where an installation on one machine keeps everything.
func DataHome(getenv func(string) string) string {
	if dir := getenv("TENANTKEEP_HOME"); dir != "" {
		return dir
	}
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "tenantkeep")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "tenantkeep-data"
	}
	return filepath.Join(home, ".local", "share", "tenantkeep")
}
