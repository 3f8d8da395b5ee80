package serve

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/login"
)

// Options are what the command line says.
type Options struct {
	Listen    string
	TLSListen string
	CAOut     string
	Sim       sim.Config
}

const usage = `m365sim serves a simulated Microsoft 365 tenant: login, Microsoft Graph and upload hosts on one address.

  m365sim --users 50 --mails 2000 --files 500 --seed 7
  m365sim --users 1 --load anna@contoso.onmicrosoft.com=./Maildir --load anna@contoso.onmicrosoft.com=./documents --throttle published --latency 50ms

Content is made up from the seed, the same in every run. Faults, changes, ledger and checksums are under /sim/.

`

// Parse reads the command line. Help goes to out, and the error is flag.ErrHelp then.
func Parse(arguments []string, out io.Writer) (Options, error) {
	var o Options
	flags := flag.NewFlagSet("m365sim", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:8365", "`address` for http")
	flags.StringVar(&o.TLSListen, "tls-listen", "", "`address` for https; needs --ca-out")
	flags.StringVar(&o.CAOut, "ca-out", "", "`file` to write the certificate of the authority to, as PEM")
	flags.IntVar(&o.Sim.Users, "users", 10, "number of users")
	flags.IntVar(&o.Sim.Mails, "mails", 200, "mails per mailbox")
	flags.IntVar(&o.Sim.Files, "files", 100, "files per drive")
	flags.Uint64Var(&o.Sim.Seed, "seed", 1, "what the content is made from")
	flags.DurationVar(&o.Sim.Latency, "latency", 0, "how long each call takes at least")
	flags.DurationVar(&o.Sim.TokenLifetime, "token-lifetime", 3599*time.Second, "how long tokens are valid")
	flags.StringVar(&o.Sim.Tenant, "tenant", "", "tenant `id` (default from the seed)")
	flags.StringVar(&o.Sim.Domain, "domain", "contoso.onmicrosoft.com", "domain of all addresses")
	throttle := flags.String("throttle", "off", "`published` or off: Microsoft's limits with their answers")
	flags.IntVar(&o.Sim.Licences, "licences", 0, "that the tenant has, for the limits of files (default as many as users)")
	flags.StringVar(&o.Sim.FilesHost, "files-host", "", "`name` of this machine in addresses of files' contents, for clients that keep their token when they are sent on to the same host (default the name they use for Graph)")
	client := flags.String("client-id", "", "`id` of the registered application (default from the seed)")
	secret := flags.String("client-secret", "", "its `secret` (default from the seed)")
	flags.Func("load", "`ADDRESS=DIR`: a Maildir or mbox becomes the user's mail, any other folder the user's drive; may be repeated", o.load)
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	return o, o.finish(flags.Args(), *throttle, *client, *secret)
}

func (o *Options) load(text string) error {
	address, path, ok := strings.Cut(text, "=")
	if !ok || !strings.Contains(address, "@") || path == "" {
		return fmt.Errorf("ADDRESS=DIR is expected")
	}
	o.Sim.Load = append(o.Sim.Load, sim.Load{Address: address, Path: path})
	return nil
}

func (o *Options) finish(rest []string, throttle, client, secret string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q; see --help", rest[0])
	case throttle != "published" && throttle != "off":
		return fmt.Errorf("--throttle %s: published or off", throttle)
	case o.TLSListen != "" && o.CAOut == "":
		return fmt.Errorf("--tls-listen needs --ca-out FILE, or nobody can trust it")
	case (client == "") != (secret == ""):
		return fmt.Errorf("--client-id and --client-secret go together")
	}
	o.Sim.Throttle = throttle == "published"
	if client != "" {
		o.Sim.Apps = []login.App{{ID: client, Secrets: []string{secret}, Roles: sim.Permissions}}
	}
	return nil
}
