// Package event is what the services of a simulated tenant tell each other: that something of a
// user, or in the directory, changed. Package subscription makes notifications of it.
package event

// Kind is what changed.
type Kind string

// Kinds of things that can be subscribed to.
const (
	Message Kind = "message"
	Drive   Kind = "drive"
	User    Kind = "user"
	Group   Kind = "group"
)

// Type is how it changed.
type Type string

// Types of changes.
const (
	Created Type = "created"
	Updated Type = "updated"
	Deleted Type = "deleted"
)

// Event is one change.
type Event struct {
	Kind      Kind
	Type      Type
	Owner     string // object id of the user whose mailbox or drive it is
	ID        string // of a user or a group; of a message the one that changes when it moves
	Immutable string // the other id of a message
	Tag       string // eTag of a message
	Folder    string // id of a message's folder
	Sharing   bool   // only who may use an item of the drive changed
	Members   []Member
}

// Member is somebody who came into a group, or left it.
type Member struct {
	ID      string
	Removed bool
}

// Sink takes events. It is called with locks held, so it must not call back.
type Sink interface {
	// Wants tells whether anybody listens to a kind, so that nobody describes changes in vain.
	Wants(Kind) bool
	Tell(Event)
}
