package host

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// LimitsUsage explains the flag --limits, which every process has.
const LimitsUsage = "percent of Microsoft's published limits to live on: more than 100 only if Microsoft has agreed to that"

// mostLimits keeps the arithmetic of budgets exact: see ratelimit.Limit.
const mostLimits = 100_000

// ReadLimits is the percentage that TENANTKEEP_LIMITS says; 100 if it is not set.
func ReadLimits(getenv func(string) string) (int, error) {
	text := getenv("TENANTKEEP_LIMITS")
	if text == "" {
		return 100, nil
	}
	percent, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "read configuration", fmt.Sprintf("TENANTKEEP_LIMITS is %q", text), fault.Next("set it to a whole number of percent, such as 100"))
	}
	return percent, nil
}

// CheckLimits refuses a percentage that nothing can live on, or that cannot be counted with.
func CheckLimits(percent int) error {
	if percent < 1 || percent > mostLimits {
		return fault.New(fault.Invalid, "read configuration", fmt.Sprintf("limits of %d %%", percent), fault.Next("set --limits to 100, or to another percentage from 1 on"))
	}
	return nil
}

// ackWait is how long a worker may be silent if nothing else is said.
const ackWait = 30 * time.Second

func readAckWait(getenv func(string) string) (time.Duration, error) {
	text := getenv("TENANTKEEP_ACK_WAIT")
	if text == "" {
		return ackWait, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait <= 0 {
		return 0, fault.New(fault.Invalid, "read configuration", fmt.Sprintf("TENANTKEEP_ACK_WAIT is %q", text), fault.Next("set it to a duration such as 30s"))
	}
	return wait, nil
}
