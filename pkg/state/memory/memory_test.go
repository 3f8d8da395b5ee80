package memory_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	"github.com/tenantkeep/tenantkeep/pkg/state/statetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	statetest.Run(t, func(*testing.T) state.Store { return memory.New() })
}
