package content

import (
	"encoding/json"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Attributes of an item. The zero value is stored as nothing at all.
type Attributes struct {
	// WellKnown is the well-known name of a mail folder: inbox, sentitems...; empty for people's own.
	WellKnown string `json:"w,omitempty"`
	// Hidden is set for a mail folder that people do not see.
	Hidden bool `json:"h,omitempty"`
	// Attachments is set for a message that has attachments, inline ones included.
	Attachments bool `json:"a,omitempty"`
	// Hash is the quickXorHash of a file, base64, as Graph states it; empty if it does not.
	Hash string `json:"x,omitempty"`
	// CTag changes with the content of a file, where Graph serves it.
	CTag string `json:"c,omitempty"`
}

// hasAttachments is what almost all attributes are.
const hasAttachments = `{"a":true}`

// Marshal makes the bytes of Meta.Attributes.
func (a Attributes) Marshal() []byte {
	switch a {
	case Attributes{}:
		return nil
	case Attributes{Attachments: true}:
		return []byte(hasAttachments)
	}
	data, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	return data
}

// ParseAttributes reads Meta.Attributes.
func ParseAttributes(data []byte) (Attributes, error) {
	switch string(data) {
	case "":
		return Attributes{}, nil
	case hasAttachments:
		return Attributes{Attachments: true}, nil
	}
	var a Attributes
	if err := json.Unmarshal(data, &a); err != nil {
		return Attributes{}, fault.As(fault.Invalid, "read attributes of an item", err)
	}
	return a, nil
}

// Record says which resource a unit is. It is sealed with every head, so that a vault can tell whose
// it holds when everything else is lost.
type Record struct {
	Connection  string `json:"connection"`
	Resource    string `json:"resource"`
	Workload    string `json:"workload"`
	EntraID     string `json:"entra_id"`
	DisplayName string `json:"display_name"`
}

// Marshal makes the bytes of vault.Run.Record.
func (r Record) Marshal() []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// ParseRecord reads vault.Run.Record.
func ParseRecord(data []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fault.As(fault.Invalid, "read record of a unit", err)
	}
	return r, nil
}
