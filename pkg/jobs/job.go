package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Class is how urgent a job is.
type Class string

// The classes, most urgent first.
const (
	Restore     Class = "restore"     // gives content back; never dropped in favour of another
	Interactive Class = "interactive" // somebody waits for it
	Scheduled   Class = "scheduled"
	Verify      Class = "verify"
)

// Job is one unit of work on one resource.
type Job struct {
	ID         string            `json:"id"` // one token; the same for every try
	Class      Class             `json:"class"`
	Connection m365.ConnectionID `json:"connection"`
	Resource   string            `json:"resource"`            // one token: what is worked on
	Kind       string            `json:"kind"`                // what to do: "backup"; the handler knows
	Arguments  []byte            `json:"arguments,omitempty"` // and how
	Attempt    int               `json:"attempt,omitempty"`   // tries that failed before this one
	Created    time.Time         `json:"created"`

	// Turn counts the ways into the queue. It is part of the message id, so that the server does not take
	// the next turn for a repetition of the last.
	Turn int `json:"turn,omitempty"`
}

func (j Job) check() error {
	if !slices.Contains(bus.JobClasses, string(j.Class)) {
		return fault.New(fault.Invalid, "enqueue", fmt.Sprintf("class %q", j.Class))
	}
	for _, token := range []string{j.ID, string(j.Connection), j.Resource} {
		if !bus.ValidToken(token) {
			return fault.New(fault.Invalid, "enqueue", fmt.Sprintf("%q has no characters, or a dot, a blank or a wildcard", token))
		}
	}
	return nil
}

func (j Job) subject() string { return bus.JobSubject(string(j.Class), j.Connection, j.Resource) }

// retrySubject is the job's own: two restores of one resource may wait at the same time.
func (j Job) retrySubject(root string) string {
	return root + "." + string(j.Class) + "." + string(j.Connection) + "." + j.ID
}

func (j Job) encode() ([]byte, error) { return json.Marshal(j) }

func decode(data []byte) (Job, error) {
	var job Job
	if err := json.Unmarshal(data, &job); err != nil {
		return Job{}, fault.As(fault.Invalid, "read job", err)
	}
	return job, nil
}
