package redisledger

import (
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

//go:embed clock.lua
var clockSource string

//go:embed acquire.lua
var acquireSource string

//go:embed return.lua
var returnSource string

//go:embed cooldown.lua
var coolDownSource string

//go:embed restore.lua
var restoreSource string

//go:embed report.lua
var reportSource string

var (
	acquire  = script(acquireSource)
	giveBack = script(returnSource)
	coolDown = script(coolDownSource)
	restore  = script(restoreSource)
	report   = script(reportSource)
)

// keepLife is how long the life of a connection is kept without a call: longer than the longest window.
const keepLife = 48 * time.Hour

// script puts the clock in front, and fills in the numbers that both ledgers share.
func script(source string) *redis.Script {
	return redis.NewScript(strings.NewReplacer(
		"@STEP@", strconv.Itoa(ratelimit.PaceStep),
		"@INTERVAL@", strconv.FormatInt(ratelimit.PaceInterval.Microseconds(), 10),
		"@MINPACE@", strconv.Itoa(ratelimit.MinPace),
		"@WAITER@", strconv.FormatInt(ratelimit.WaiterFor.Microseconds(), 10),
		"@OVERDUE@", strconv.FormatInt(ratelimit.Overdue.Microseconds(), 10),
		"@RECOVER@", strconv.FormatInt(ratelimit.RecoverFor.Microseconds(), 10),
		"@LEASE@", strconv.FormatInt(ratelimit.LeaseFor.Microseconds(), 10),
		"@ASKER@", strconv.FormatInt(ratelimit.AskerFor.Microseconds(), 10),
		"@KEEPLIFE@", strconv.FormatInt(keepLife.Milliseconds(), 10),
		"@SLOTRETRY@", strconv.FormatInt(ratelimit.SlotRetry.Microseconds(), 10),
	).Replace(clockSource + source))
}
