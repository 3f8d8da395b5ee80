package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Events are all that can be watched and told of: the facts of the public kinds. docs/events.md has the
// same list, with what they carry.
var Events = []string{
	"connection-created", "connection-updated", "connection-verified", "connection-degraded", "connection-removed",
	"user-provisioned", "user-updated", "user-suspended", "user-removed",
	"mapping-created", "mapping-updated", "mapping-deleted",
	"profile-created", "profile-updated", "profile-deleted",
	"resource-protected", "resource-updated", "resource-unprotected",
	"backup-requested", "backup-started", "backup-postponed", "backup-completed", "backup-failed", "backup-cancelled",
	"job-queued", "job-started", "job-cancelling", "job-ended",
	"restore-requested", "restore-started", "restore-delayed", "restore-resumed", "restore-completed", "restore-failed", "restore-cancelled",
	"channel-created", "channel-deleted", "rule-created", "rule-deleted",
	"delivery-queued", "delivery-attempted", "delivery-succeeded", "delivery-failed",
}

// CheckEvents refuses names that no event has: whoever waits for one waits for ever.
func CheckEvents(names []string) error {
	for _, name := range names {
		if !slices.Contains(Events, name) {
			return invalid("EVENT_UNKNOWN", fmt.Sprintf("no event is called %q", name), suggestion(name)+"docs/events.md lists all events")
		}
	}
	return nil
}

// suggestion names the events that somebody may have meant.
func suggestion(name string) string {
	near := nearest(strings.ToLower(strings.NewReplacer(".", "-", "_", "-", " ", "-").Replace(name)))
	if len(near) == 0 {
		return ""
	}
	return "perhaps you mean " + strings.Join(near, ", ") + "; "
}

// most suggestions, and how many letters one may be off.
const (
	mostNear = 4
	farthest = 3
)

// nearest are the events that differ in few letters, or else those about the same thing.
func nearest(name string) []string {
	var near []string
	for _, event := range Events {
		if distance(name, event) <= farthest {
			near = append(near, event)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	if len(near) == 0 {
		words := strings.Split(name, "-")
		for _, event := range Events {
			kind, what, _ := strings.Cut(event, "-")
			if slices.Contains(words, kind) || slices.Contains(words, what) {
				near = append(near, event)
			}
		}
	}
	return near[:min(len(near), mostNear)]
}

// distance is how many letters have to be put in, taken out or changed (Levenshtein, 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
