package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Message is a fact as it is sent.
type Message struct {
	ID      string // of the delivery: the same for every try
	Subject string // one line
	Text    string // for people
	JSON    []byte // for programs
}

// payload follows the Standard Webhooks specification (type, timestamp, data); the rest says what CloudEvents
// say in headers.
type payload struct {
	Type       string          `json:"type"`
	Timestamp  time.Time       `json:"timestamp"`
	EventID    string          `json:"event_id"`
	Subject    string          `json:"subject"`
	Connection string          `json:"connection,omitempty"`
	Schema     string          `json:"schema,omitempty"`
	TraceID    string          `json:"trace_id,omitempty"`
	Data       json.RawMessage `json:"data"`
}

// compose makes the message of a fact.
func compose(id string, f Fact) Message {
	data := f.Entity
	if data == nil {
		data = json.RawMessage("{}")
	}
	connection := ""
	if f.Connection != "" && f.Connection != noConnection {
		connection = "connections/" + string(f.Connection)
	}
	body, err := json.Marshal(payload{
		Type: f.Type, Timestamp: f.Time, EventID: f.ID, Subject: f.Subject, Connection: connection, Schema: f.Schema, TraceID: f.TraceID, Data: data,
	})
	if err != nil { // data was no JSON after all: tell the fact without it
		body = fmt.Appendf(nil, `{"type":%q,"timestamp":%q,"event_id":%q,"subject":%q,"data":{}}`, f.Type, f.Time.Format(time.RFC3339Nano), f.ID, f.Subject)
	}
	return Message{ID: id, Subject: "Tenantkeep: " + f.Event + " " + f.Subject, Text: text(f, connection), JSON: body}
}

// noConnection stands in subjects of what belongs to no connection.
const noConnection = "_"

func text(f Fact, connection string) string {
	var out strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%-12s%s\n", name+":", value)
		}
	}
	line("Event", f.Event)
	line("What", f.Subject)
	line("Connection", connection)
	line("When", f.Time.Format(time.RFC3339))
	var known struct {
		Problem *struct{ Reason, Cause, Next string }
	}
	if json.Unmarshal(f.Entity, &known) == nil && known.Problem != nil {
		line("Why", known.Problem.Cause)
		line("Next", known.Problem.Next)
	}
	line("Trace", f.TraceID)
	var pretty bytes.Buffer
	if len(f.Entity) > 0 && json.Indent(&pretty, f.Entity, "", "  ") == nil {
		out.WriteString("\n" + pretty.String() + "\n")
	}
	return out.String()
}
