package drivetarget

import "context"

// RemoveDoubles implements restore.Target: there are none, since a path holds one file.
func (t *Target) RemoveDoubles(context.Context, string) error { return nil }
