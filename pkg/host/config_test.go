package host_test

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

func parse(t *testing.T, environment map[string]string, arguments ...string) (host.Config, error) {
	t.Helper()
	return host.ParseConfig(identity.DirectorySync, arguments, func(name string) string { return environment[name] }, io.Discard)
}

func TestFlagsWinOverEnvironmentOverDefaults(t *testing.T) {
	c, err := parse(t, map[string]string{"TENANTKEEP_HOME": "/data"})
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		c.Listen: "127.0.0.1:7102", c.NATS: "nats://127.0.0.1:4222", c.DataDir: "/data/directory-sync", c.PKIDir: "/data/pki",
		c.TokenFile: "/data/admin.token", c.VaultDir: "/data/vault", c.Peers[identity.AuthBroker]: "127.0.0.1:7101",
	} {
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	environment := map[string]string{
		"TENANTKEEP_LISTEN": ":1", "TENANTKEEP_VAULT_DIR": "/vault", "TENANTKEEP_AUTH_BROKER": "broker:7101", "XDG_DATA_HOME": "/xdg", "TENANTKEEP_ROLE": "work", "TENANTKEEP_LIMITS": "50",
	}
	if c, err = parse(t, environment, "--listen", ":2", "--notifier=notifier:5"); err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		c.Listen: ":2", c.VaultDir: "/vault", c.PKIDir: "/xdg/tenantkeep/pki",
		c.Peers[identity.AuthBroker]: "broker:7101", c.Peers[identity.Notifier]: "notifier:5",
	} {
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	if c.Limits != 50 {
		t.Errorf("limits of %d %%", c.Limits)
	}
	if c.Has("api") || !c.Has("work") {
		t.Errorf("roles %q", c.Roles)
	}
}

func TestWrongUseIsSaid(t *testing.T) {
	for _, arguments := range [][]string{{"extra"}, {"--role", "cook"}, {"--role", ""}, {"--limits", "0"}, {"--limits", "1000000"}} {
		if _, err := parse(t, nil, arguments...); !fault.Is(err, fault.Invalid) || fault.NextOf(err) == "" {
			t.Errorf("%v: %v", arguments, err)
		}
	}
	for name, value := range map[string]string{"TENANTKEEP_LIMITS": "half", "TENANTKEEP_ACK_WAIT": "soon"} {
		if _, err := parse(t, map[string]string{name: value}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	if _, err := parse(t, nil, "--no-such-flag"); err == nil {
		t.Error("an unknown flag is taken")
	}
	var help strings.Builder
	_, err := host.ParseConfig(identity.Notifier, []string{"--help"}, func(string) string { return "" }, &help)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "TENANTKEEP_VAULT_DIR") || !strings.Contains(help.String(), "-auth-broker") {
		t.Errorf("%v, %s", err, help.String())
	}
}

func TestRolesMayHaveBlanks(t *testing.T) {
	c := host.Config{Roles: " api , work"}
	if !c.Has("api") || !c.Has("work") || c.Has("") {
		t.Errorf("%q", c.Roles)
	}
}
