package mailtarget_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/mailtarget"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/sim"
)

// overtaken is a target in which something happens after it was looked at.
type overtaken struct {
	*mailtarget.Target
	by func()
}

func (o overtaken) Prepare(ctx context.Context, expected restore.Expected) error {
	err := o.Target.Prepare(ctx, expected)
	o.by()
	return err
}

func TestWhatALatePredecessorMadeIsNotThereTwice(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: mails, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	before := tenant.Content(user, m365.Mail)
	saved := capture(t, box)
	tenant.Disaster(user, m365.Mail)

	order := restore.Order{ID: "one", InPlace: true}
	late := overtaken{mailtarget.New(box), func() { mustRun(t, saved, box, order) }}
	run := func(resumed bool) {
		r := &restore.Restore{Order: order, Reader: saved, Target: late, Resumed: resumed, Parallel: 4, Tally: &restore.Tally{}, Pause: bus.Pause}
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	run(false)
	if cmp.Equal(before, tenant.Content(user, m365.Mail)) {
		t.Fatal("nothing was made twice: the test proves nothing")
	}
	run(true)
	if diff := cmp.Diff(before, tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}
}
