package ratelimit_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/ledgertest"
)

func TestMemoryLedger(t *testing.T) { ledgertest.Run(t, ratelimit.NewMemory()) }
