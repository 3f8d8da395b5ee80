package redisledger

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

//go:embed acquire.lua
var acquireSource string

//go:embed return.lua
var returnSource string

//go:embed cooldown.lua
var coolDownSource string

//go:embed report.lua
var reportSource string

var (
	acquire  = script(acquireSource)
	giveBack = script(returnSource)
	coolDown = script(coolDownSource)
	report   = script(reportSource)
)

// script fills in the numbers that both ledgers share.
func script(source string) *redis.Script {
	return redis.NewScript(strings.NewReplacer(
		"@STEP@", strconv.Itoa(ratelimit.PaceStep),
		"@INTERVAL@", strconv.FormatInt(ratelimit.PaceInterval.Microseconds(), 10),
		"@MINPACE@", strconv.Itoa(ratelimit.MinPace),
		"@WAITER@", strconv.FormatInt(ratelimit.WaiterFor.Microseconds(), 10),
		"@SLOTRETRY@", strconv.FormatInt(ratelimit.SlotRetry.Microseconds(), 10),
	).Replace(source))
}
