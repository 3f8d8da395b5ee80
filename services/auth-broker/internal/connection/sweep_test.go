package connection

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// drawer is Secrets without sealing.
type drawer struct {
	Secrets
	kept []Kept
}

func (d *drawer) Kept(context.Context) ([]Kept, error) { return slices.Clone(d.kept), nil }

func (d *drawer) Forget(_ context.Context, id m365.ConnectionID, ref string) error {
	d.kept = slices.DeleteFunc(d.kept, func(k Kept) bool { return k.Connection == id && k.Ref == ref })
	return nil
}

// book is a Store that knows sign-ins only.
type book struct {
	Store
	signIns map[m365.ConnectionID]SignIn
	err     error
}

func (b book) SignIn(_ context.Context, id m365.ConnectionID) (SignIn, error) {
	if b.err != nil {
		return SignIn{}, b.err
	}
	if signIn, ok := b.signIns[id]; ok {
		return signIn, nil
	}
	return SignIn{}, fault.New(fault.NotFound, "find connection", "none")
}

func TestSweepForgetsWhatNoConnectionUses(t *testing.T) {
	now := time.Now()
	old, young := now.Add(-time.Hour), now.Add(-time.Minute)
	secrets := &drawer{kept: []Kept{
		{"used", "current", old}, {"used", "replaced", old}, {"removed", "x", old}, {"coming", "y", young},
	}}
	broker := &Broker{Secrets: secrets, Now: func() time.Time { return now }, Store: book{signIns: map[m365.ConnectionID]SignIn{"used": {Sealed: "current"}}}}
	if err := broker.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []Kept{{"used", "current", old}, {"coming", "y", young}}
	if !slices.Equal(secrets.kept, want) {
		t.Errorf("%v", secrets.kept)
	}
	secrets.kept = []Kept{{"used", "current", old}}
	broker.Store = book{err: fault.New(fault.Transient, "get", "no answer")}
	if err := broker.Sweep(t.Context()); err == nil || len(secrets.kept) != 1 {
		t.Errorf("forgotten although nobody knows: %v, %v", secrets.kept, err)
	}
}
