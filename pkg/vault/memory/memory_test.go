package memory_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/backendtest"
	"github.com/tenantkeep/tenantkeep/pkg/vault/memory"
)

func TestBackend(t *testing.T) {
	backendtest.Run(t, func(*testing.T) vault.Backend { return memory.New() })
}
