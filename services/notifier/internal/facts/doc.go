// Package facts reads the stream of events: what it says about an entity becomes JSON by the entity's own
// message, which is found by name among those of this program. A fact whose message is newer than the
// program is passed on without its entity.
package facts
