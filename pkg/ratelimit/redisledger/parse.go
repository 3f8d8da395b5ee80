package redisledger

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func parseGrant(reply []string) (ratelimit.Grant, error) {
	if len(reply) < 4 {
		return ratelimit.Grant{}, fault.New(fault.Internal, "acquire budget", "the script's reply is too short")
	}
	grant := ratelimit.Grant{
		Wait:    time.Duration(number(reply[0])) * time.Microsecond,
		Blocked: reply[1],
		Slots:   number(reply[2]),
		At:      number(reply[3]),
	}
	for _, units := range reply[4:] {
		grant.Units = append(grant.Units, number(units))
	}
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
		usage = append(usage, parseScope(fmt.Sprint(reply[i]), fields, now))
	}
	slices.SortFunc(usage, func(a, b ratelimit.Usage) int { return strings.Compare(a.Scope, b.Scope) })
	return usage, nil
}

func parseScope(name string, fields map[string]string, now int64) ratelimit.Usage {
	u := ratelimit.Usage{
		Scope:   name,
		Cooling: time.Duration(max(number(fields["cool"])-now, 0)) * time.Microsecond,
		Pace:    pace(fields, now),
		Slots:   number(fields["slots"]),
		Held:    held(fields["holders"], now),
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if budget, ok := strings.CutPrefix(field, "l:"); ok {
			u.Budgets = append(u.Budgets, parseBudget(budget, fields, now))
		}
	}
	return u
}

func parseBudget(name string, fields map[string]string, now int64) ratelimit.BudgetUsage {
	parts := strings.SplitN(fields["l:"+name], ":", 3)
	limit := ratelimit.Limit{Units: number(parts[0])}
	if len(parts) == 3 {
		limit.Per, limit.Burst = time.Duration(number(parts[1]))*time.Microsecond, number(parts[2])
	}
	used := limit.Spent(number(fields["g:"+name]), pairs(fields["w:"+name]), now)
	return ratelimit.BudgetUsage{Name: name, Limit: limit, Used: used, Left: max(limit.Ceiling()-used, 0)}
}

func pace(fields map[string]string, now int64) int64 {
	stored, ok := fields["pace"]
	if !ok {
		return 100
	}
	quiet := max(now-number(fields["paced"]), 0) / ratelimit.PaceInterval.Microseconds()
	return min(number(stored)+ratelimit.PaceStep*quiet, 100)
}

func held(holders string, now int64) (slots int64) {
	for entry := range strings.FieldsSeq(holders) {
		_, state, _ := strings.Cut(entry, "=")
		parts := strings.Split(state, ":")
		if len(parts) == 3 && number(parts[1]) > now {
			slots += number(parts[0])
		}
	}
	return slots
}

func pairs(text string) (buckets [][2]int64) {
	for entry := range strings.FieldsSeq(text) {
		index, units, _ := strings.Cut(entry, ":")
		buckets = append(buckets, [2]int64{number(index), number(units)})
	}
	return buckets
}

// number reads what the scripts write: whole numbers, or nothing for what is not set.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
