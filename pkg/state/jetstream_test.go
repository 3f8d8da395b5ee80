package state_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/statetest"
)

func open(t *testing.T) (*natstest.Server, *state.JetStream) {
	t.Helper()
	server, js := natstest.Bootstrapped(t, bus.Config{})
	store, err := state.NewJetStream(t.Context(), js, "test")
	if err != nil {
		t.Fatal(err)
	}
	return server, store
}

func TestJetStreamKeepsTheContract(t *testing.T) {
	statetest.Run(t, func(t *testing.T) state.Store {
		_, store := open(t)
		return store
	})
}
