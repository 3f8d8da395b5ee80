package redisledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func parseGrant(reply []string, ask ratelimit.Ask) (ratelimit.Grant, error) {
	const refusal, beforeCharges = 5, 10
	if len(reply) < refusal || reply[1] == "" && len(reply) != beforeCharges+2*len(ask.Charges) {
		return ratelimit.Grant{}, fault.New(fault.Internal, "acquire budget", "the script's reply has another length")
	}
	grant := ratelimit.Grant{
		Wait:    time.Duration(number(reply[0])) * time.Microsecond,
		Blocked: reply[1],
		Slots:   number(reply[2]),
		At:      number(reply[3]),
		Life:    reply[4],
	}
	if len(reply) == refusal {
		return grant, nil
	}
	fields := map[string]string{"cool": reply[5], "pace": reply[6], "paced": reply[7], "holders": reply[8], "askers": reply[9]}
	for i, charge := range ask.Charges {
		units, kept := reply[beforeCharges+2*i], reply[beforeCharges+2*i+1]
		grant.Units = append(grant.Units, number(units))
		fields["l:"+charge.Budget] = limitText(charge.Limit)
		if charge.Limit.Burst > 0 {
			fields["g:"+charge.Budget] = kept
		} else {
			fields["w:"+charge.Budget] = kept
		}
	}
	if ask.Slots.Max > 0 {
		fields["slots"] = strconv.FormatInt(ask.Slots.Max, 10)
	}
	grant.State = parseState(fields)
	return grant, nil
}

// parseReport reads the time, then pairs of scope name and flat field list.
func parseReport(reply []any) ([]ratelimit.Usage, error) {
	var usage []ratelimit.Usage
	now := number(fmt.Sprint(reply[0]))
	for i := 1; i+1 < len(reply); i += 2 {
		flat, ok := reply[i+1].([]any)
		if !ok {
			return nil, fault.New(fault.Internal, "report budgets", "the script's reply has no field list")
		}
		fields := make(map[string]string, len(flat)/2)
		for j := 0; j+1 < len(flat); j += 2 {
			fields[fmt.Sprint(flat[j])] = fmt.Sprint(flat[j+1])
		}
		usage = append(usage, parseState(fields).Usage(fmt.Sprint(reply[i]), now))
	}
	slices.SortFunc(usage, func(a, b ratelimit.Usage) int { return strings.Compare(a.Scope, b.Scope) })
	return usage, nil
}

// parseState reads the fields of a scope's hash.
func parseState(fields map[string]string) *ratelimit.State {
	s := ratelimit.NewState()
	s.CoolUntil, s.PacedAt, s.Slots = number(fields["cool"]), number(fields["paced"]), number(fields["slots"])
	if pace := fields["pace"]; pace != "" {
		s.Pace = number(pace)
	}
	for field, value := range fields {
		kind, budget, _ := strings.Cut(field, ":")
		switch kind {
		case "l":
			s.Limits[budget] = parseLimit(value)
		case "g":
			s.Arrivals[budget] = number(value)
		case "w":
			s.Windows[budget] = parseWindow(value)
		}
	}
	parseHolders(s.Holders, fields["holders"])
	parseAskers(s.Askers, fields["askers"])
	return s
}

func limitText(l ratelimit.Limit) string {
	return fmt.Sprintf("%d:%d:%d", l.Units, l.Per.Microseconds(), l.Burst)
}

func parseLimit(text string) ratelimit.Limit {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return ratelimit.Limit{}
	}
	return ratelimit.Limit{Units: number(parts[0]), Per: time.Duration(number(parts[1])) * time.Microsecond, Burst: number(parts[2])}
}

func parseWindow(text string) (w ratelimit.Window) {
	for entry := range strings.FieldsSeq(text) {
		index, units, _ := strings.Cut(entry, ":")
		w = append(w, ratelimit.Part{Index: number(index), Units: number(units)})
	}
	return w
}

// parseHolders reads holder=slots:until:priority, with spaces between.
func parseHolders(holders map[string]ratelimit.Holder, text string) {
	for entry := range strings.FieldsSeq(text) {
		name, state, _ := strings.Cut(entry, "=")
		if parts := strings.Split(state, ":"); len(parts) == 3 {
			holders[name] = ratelimit.Holder{Slots: number(parts[0]), Until: number(parts[1]), Priority: ratelimit.Priority(number(parts[2]))}
		}
	}
}

// parseAskers reads asker=priority:until:since:need:scheduled:interactive:restore:blocked, one a line.
func parseAskers(askers map[string]ratelimit.Asker, text string) {
	for line := range strings.Lines(text) {
		name, state, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		parts := strings.SplitN(state, ":", 8)
		if len(parts) != 8 {
			continue
		}
		askers[name] = ratelimit.Asker{
			Priority: ratelimit.Priority(number(parts[0])), Until: number(parts[1]), Since: number(parts[2]), Need: number(parts[3]),
			Queue: ratelimit.Queue{number(parts[4]), number(parts[5]), number(parts[6])}, Blocked: parts[7],
		}
	}
}

// number reads what the scripts write: whole numbers, or nothing for what is not set.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
