package graph

import (
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// limitText names the limit that a call waits for, as people know it from Microsoft's pages.
func limitText(price ratelimit.Price, blocked string) string {
	owner, of := "Entra", ""
	switch {
	case strings.HasPrefix(price.Scope, scopeMailbox):
		owner, of = "Exchange", " for one mailbox"
	case price.Scope == scopeFiles:
		owner = "SharePoint"
	}
	switch blocked {
	case "cool-down":
		return "the end of the pause that " + owner + " asked for"
	case "slots":
		return owner + "'s " + thousands(price.SlotsMax) + " calls at a time" + of
	}
	for _, charge := range price.Charges {
		if charge.Budget == blocked {
			return owner + "'s " + amount(charge) + " " + every(charge.Limit.Per) + of
		}
	}
	return owner + "'s budget of " + blocked + of
}

func amount(charge ratelimit.Charge) string {
	what, _, _ := strings.Cut(charge.Budget, " per ")
	if what == "upload" {
		return thousands(charge.Limit.Units>>20) + " MiB up"
	}
	return thousands(charge.Limit.Units) + " " + what
}

func every(per time.Duration) string {
	switch {
	case per == 24*time.Hour:
		return "a day"
	case per == time.Minute:
		return "a minute"
	case per > time.Minute && per%time.Minute == 0:
		return "in " + strconv.Itoa(int(per/time.Minute)) + " minutes"
	default:
		return "in " + strconv.Itoa(int(per/time.Second)) + " seconds"
	}
}

// thousands writes a number with commas.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
