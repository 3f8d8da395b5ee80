package graph

import (
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
)

// limitText names the limit that a call waits for, as people know it from Microsoft's pages.
func limitText(price ratelimit.Price, blocked string) string {
	if blocked == ratelimit.SlotsTaken {
		return published.Text(price.Scope, blocked, ratelimit.Limit{Units: price.SlotsMax})
	}
	for _, charge := range price.Charges {
		if charge.Budget == blocked {
			return published.Text(price.Scope, blocked, charge.Limit)
		}
	}
	return published.Text(price.Scope, blocked, ratelimit.Limit{})
}
