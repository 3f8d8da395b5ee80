package published

import (
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

var owners = map[Area]string{Mail: "Exchange", Files: "SharePoint", Directory: "Entra", Teams: "Teams", Subscriptions: "Graph"}

// Text names what holds a call up, as people know it from Microsoft's pages: "SharePoint's 1,250 units a minute".
// blocked is as in [ratelimit.Grant]; of slots, limit.Units is how many there are.
func Text(scope, blocked string, limit ratelimit.Limit) string {
	area, _ := AreaOf(scope)
	owner, of := owners[area], ""
	if area == Mail {
		of = " for one mailbox"
	}
	switch {
	case blocked == ratelimit.CoolDown:
		return "the end of the pause that " + owner + " asked for"
	case blocked == ratelimit.SlotsTaken:
		return owner + "'s " + thousands(limit.Units) + " calls at a time" + of
	case blocked == ratelimit.Recovering:
		return "the workers to say what they have used of " + owner + "'s limits"
	case limit.Per == 0:
		return owner + "'s budget of " + blocked + of
	}
	return owner + "'s " + amount(area, blocked, limit) + " " + every(limit.Per) + of
}

func amount(area Area, budget string, limit ratelimit.Limit) string {
	what, _, _ := strings.Cut(budget, " per ")
	switch {
	case what != "upload":
		return thousands(limit.Units) + " " + what
	case area == Mail:
		return thousands(limit.Units>>20) + " MiB up"
	default:
		return thousands(limit.Units/1e9) + " GB up"
	}
}

func every(per time.Duration) string {
	switch {
	case per == 24*time.Hour:
		return "a day"
	case per == time.Hour:
		return "an hour"
	case per == time.Minute:
		return "a minute"
	case per == time.Second:
		return "a second"
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
