package state

import (
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Check refuses what no implementation can write. Implementations call it first.
func Check(changes []Change) error {
	if len(changes) == 0 || len(changes) > MaxBatch {
		return fault.New(fault.Invalid, "commit", fmt.Sprintf("%d changes", len(changes)), fault.Next(fmt.Sprintf("commit 1 to %d at a time", MaxBatch)))
	}
	seen := make(map[Key]bool, len(changes))
	for _, change := range changes {
		if err := change.check(); err != nil {
			return fault.As(fault.Invalid, "commit", err)
		}
		if seen[change.Key] {
			return fault.New(fault.Invalid, "commit", change.Key.String()+" changes twice", fault.Next("make one change of the two"))
		}
		seen[change.Key] = true
	}
	return nil
}

func (c Change) check() error {
	if err := c.Key.Check(); err != nil {
		return err
	}
	if !bus.ValidToken(c.Fact) {
		return fmt.Errorf("%v: %q is no fact", c.Key, c.Fact)
	}
	if len(c.Data) > MaxData {
		return fmt.Errorf("%v: %d bytes, at most %d fit: cut it into chunk entities", c.Key, len(c.Data), MaxData)
	}
	return nil
}

// Check refuses keys that cannot be part of a subject.
func (k Key) Check() error {
	for _, token := range []string{k.Kind.Name, string(k.Connection), k.ID} {
		if !bus.ValidToken(token) {
			return fmt.Errorf("key %v: %q has no characters, or a dot, a blank or a wildcard", k, token)
		}
	}
	return nil
}
