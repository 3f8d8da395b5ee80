package published

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

//go:embed limits.json
var text []byte

// Area is a service of Microsoft's with budgets of its own.
type Area string

// The areas.
const (
	Mail          Area = "mail"  // Exchange: per mailbox
	Files         Area = "files" // SharePoint and OneDrive
	Directory     Area = "directory"
	Teams         Area = "teams"
	Subscriptions Area = "subscriptions"
)

// Areas are all of them, in the order in which they are shown.
var Areas = []Area{Mail, Files, Directory, Teams, Subscriptions}

// Row is one limit.
type Row struct {
	Area     Area   `json:"area"`
	Budget   string `json:"budget"`
	Units    int64  `json:"units"`
	Per      period `json:"per"`
	Burst    int64  `json:"burst"`    // of a token bucket
	Users    int    `json:"users"`    // for tenants with at most so many; 0: any
	Licences int    `json:"licences"` // the same
	Lease    int64  `json:"lease"`    // units that a process takes at once; ours, not Microsoft's
	Each     bool   `json:"each"`     // one budget for each object that the path names
	Source   string `json:"source"`   // address of the page
}

// Call is what one kind of call costs.
type Call struct {
	Call  string           `json:"call"`
	Area  Area             `json:"area"`
	Units map[string]int64 `json:"units"` // by budget

	pattern pattern
}

type table struct {
	Sources map[string]string `json:"sources"`
	Limits  []Row             `json:"limits"`
	Calls   []Call            `json:"calls"`
}

type period time.Duration

func (p *period) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*p = period(d)
	return err
}

// read is the table, read once. It is part of the program: what does not parse is a mistake that any test finds.
var read = sync.OnceValue(func() table {
	var t table
	if err := json.Unmarshal(text, &t); err != nil {
		panic(fmt.Errorf("limits.json: %w", err))
	}
	for i := range t.Limits {
		t.Limits[i].Source = t.Sources[t.Limits[i].Source]
	}
	for i := range t.Calls {
		t.Calls[i].pattern = parse(t.Calls[i].Call)
	}
	return t
})

// Rows are all limits, of tenants of every size.
func Rows() []Row { return read().Limits }

// Calls are the costs of all calls.
func Calls() []Call { return read().Calls }

func (r Row) limit() ratelimit.Limit {
	return ratelimit.Limit{Units: r.Units, Per: time.Duration(r.Per), Burst: r.Burst}
}

// Size is how big a tenant is, which decides what it may use. Zero means the smallest class.
type Size struct {
	Users    int // objects in the directory's user collection
	Licences int // with SharePoint
}

// rows of the limits that a tenant of the size has, one for each budget.
func (s Size) rows() []Row {
	var rows []Row
	for _, row := range Rows() {
		last := len(rows) - 1
		if last >= 0 && rows[last].Area == row.Area && rows[last].Budget == row.Budget {
			continue // rows of one budget stand together, the smallest class first
		}
		if (row.Users == 0 || s.Users <= row.Users) && (row.Licences == 0 || s.Licences <= row.Licences) {
			rows = append(rows, row)
		}
	}
	return rows
}

// Same tells whether tenants of both sizes may use the same.
func (s Size) Same(other Size) bool { return fmt.Sprint(s.rows()) == fmt.Sprint(other.rows()) }

// unitsOf tells whether a cost is charged to a budget.
func unitsOf(cost, budget string) bool {
	return cost == budget || cost == "units" && strings.HasPrefix(budget, "units")
}
