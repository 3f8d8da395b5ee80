package work

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// mostLacks is how many items that failed are named with the job; the snapshot knows all.
const mostLacks = 20

// lacks says of what failed which item it is and why. The vault keeps a sentence: cause, then next step.
func lacks(failures []vault.Failure) []outbox.Lack {
	var all []outbox.Lack
	for _, failure := range failures[:min(len(failures), mostLacks)] {
		cause, next, known := strings.Cut(failure.Reason, ". Next: ")
		if !known {
			next = "nothing: the next backup tries it first"
		}
		all = append(all, outbox.Lack{Item: failure.ID, Problem: outbox.Problem{
			Reason: strings.ToUpper(strings.ReplaceAll(failure.Kind, " ", "_")), Cause: cause, Next: next,
		}})
	}
	return all
}
