package mail

import "time"

type namedDate struct {
	name string
	when time.Time
}

func (f flag) dates() []namedDate {
	return []namedDate{{"startDateTime", f.start}, {"dueDateTime", f.due}, {"completedDateTime", f.complete}}
}

// followup is a flag as JSON.
type followup struct {
	Status    string    `json:"flagStatus"`
	Start     *zonedDay `json:"startDateTime"`
	Due       *zonedDay `json:"dueDateTime"`
	Completed *zonedDay `json:"completedDateTime"`
}

type zonedDay struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

// flag reads what a client wrote; times are taken in UTC, which is the only zone that the
// simulator serves.
func (f *followup) flag() flag {
	if f == nil || f.Status == "" {
		return flag{status: "notFlagged"}
	}
	return flag{f.Status, f.Start.time(), f.Due.time(), f.Completed.time()}
}

func (d *zonedDay) time() time.Time {
	if d == nil {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.9999999", time.RFC3339} {
		if when, err := time.Parse(layout, d.DateTime); err == nil {
			return when.UTC()
		}
	}
	return time.Time{}
}
