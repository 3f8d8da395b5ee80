package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// story is one telling.
type story struct {
	Config
	tenant  *tenant
	context string // the context file
	began   time.Time

	connection string // resource name
	resources  []string
}

// tell runs the chapters in order and stops at the first that fails.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		s.connect, s.protect, s.firstBackups, s.dayOfChanges, s.verify, s.disaster,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// command shows a command line and runs it.
func (s *story) command(ctx context.Context, arguments ...string) error {
	shown := make([]string, len(arguments))
	for i, argument := range arguments {
		if strings.ContainsAny(argument, " *") {
			argument = "'" + argument + "'"
		}
		shown[i] = argument
	}
	fmt.Fprintf(s.Out, "$ tenantkeep %s\n", strings.Join(shown, " "))
	if status := s.Command(ctx, s.context, arguments...); status != 0 {
		return fault.New(fault.Internal, "demo", fmt.Sprintf("tenantkeep %s ended with status %d", shown[0], status))
	}
	return nil
}

func (s *story) connect(ctx context.Context) error {
	s.say("A tenant of %d users (%d mails and %d files each) answers at %s. Connect it.", s.Users, s.Mails, s.Files, s.tenant.address)
	if err := s.command(ctx, "connection", "add", "--cloud", "sim", "--simulator", s.tenant.address); err != nil {
		return err
	}
	var err error
	s.connection, err = s.findConnection(ctx)
	return err
}

func (s *story) protect(ctx context.Context) error {
	s.say("Say what is protected, and who.")
	if err := s.command(ctx, "profile", "add", "demo", "--workload", "mail,files", "--every", "6h"); err != nil {
		return err
	}
	if err := s.command(ctx, "mapping", "preview", "--all", "--profile", "demo"); err != nil {
		return err
	}
	return s.command(ctx, "mapping", "add", "--all", "--profile", "demo")
}

func (s *story) firstBackups(ctx context.Context) error {
	s.say("Nobody asks for the first backups: users that are provisioned get them.")
	jobs, err := s.firstJobs(ctx, 2*s.Users)
	if err != nil {
		return err
	}
	if err := s.command(ctx, append([]string{"job", "watch"}, jobs...)...); err != nil {
		return err
	}
	s.resources, err = s.listResources(ctx)
	return err
}

func (s *story) dayOfChanges(ctx context.Context) error {
	s.say("A day of work: five in a hundred items change. Only those are read again.")
	if err := s.tenant.change(ctx, change{Share: 0.05, Seed: 1}); err != nil {
		return err
	}
	if err := s.command(ctx, "backup", "start", "--all", "--wait"); err != nil {
		return err
	}
	return s.command(ctx, "resource", "list")
}

func (s *story) verify(ctx context.Context) error {
	s.say("Read every snapshot back, the way a restore does.")
	return s.command(ctx, "verify", "--all")
}

func (s *story) disaster(ctx context.Context) error {
	before, err := s.tenant.checksum(ctx)
	if err != nil {
		return err
	}
	s.say("Disaster: everything is deleted. The simulator's checksum of %d items before it: %.16s", before.items(), before.Digest)
	if err := s.tenant.change(ctx, change{Disaster: "delete"}); err != nil {
		return err
	}
	empty, err := s.tenant.checksum(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "left: %d items\n", empty.items())
	if err := s.restore(ctx, before); err != nil {
		return err
	}
	return s.prove(ctx, before)
}

func (s *story) restore(ctx context.Context, before checksums) error {
	s.say("Look for something, then restore all of it.")
	if word := before.someWord(); word != "" {
		if err := s.command(ctx, "search", s.connection, word, "--limit", "3"); err != nil {
			return err
		}
	}
	if s.Sabotage != "" {
		fmt.Fprintf(s.Out, "(the tenant has been told to damage one item of what it is given: %s)\n", s.Sabotage)
		if err := s.tenant.sabotage(ctx, s.Sabotage); err != nil {
			return err
		}
	}
	for _, resource := range s.resources {
		if err := s.command(ctx, "restore", "start", resource, "--wait"); err != nil {
			return err
		}
	}
	return nil
}

// prove compares what was there with what is there now.
func (s *story) prove(ctx context.Context, before checksums) error {
	after, err := s.tenant.checksum(ctx)
	if err != nil {
		return err
	}
	s.say("Proof: checksum before %.16s, after %.16s", before.Digest, after.Digest)
	if differences := before.differences(after); len(differences) > 0 {
		for _, difference := range differences {
			fmt.Fprintln(s.Out, "  "+difference)
		}
		return fault.New(fault.Internal, "demo", fmt.Sprintf("%d items are not as they were", len(differences)))
	}
	fmt.Fprintf(s.Out, "All %d items are back as they were. That took %s.\n", after.items(), time.Since(s.began).Round(time.Second))
	s.goOn()
	return nil
}

func (s *story) goOn() {
	s.say("Your own tenant")
	fmt.Fprintln(s.Out, `  tenantkeep up                        # all services in one process; or: make up for a fleet
  tenantkeep connection add --tenant GUID --app GUID --certificate app.pem
  tenantkeep mapping add --all --profile standard
docs/overview.md says which permissions the application needs, and how the rest works.`)
}
