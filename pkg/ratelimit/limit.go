package ratelimit

import "time"

// Limit is what a budget allows: Units in any Per (Burst 0), or Units per Per on average with at
// most Burst saved up (a token bucket). Of a bucket, Units times Per in microseconds must stay
// below 2^53, since the Redis script computes with doubles.
type Limit struct {
	Units int64
	Per   time.Duration
	Burst int64
}

// scaled is the limit at a pace in percent, but never less than one decision needs.
func (l Limit) scaled(pace, need int64) Limit {
	l.Units = max(l.Units*pace/100, 1)
	if l.Burst > 0 {
		l.Burst = max(l.Burst*pace/100, need)
	} else {
		l.Units = max(l.Units, need)
	}
	return l
}

// Spent is how many units are used at now, in microseconds, given the state that a ledger keeps: a
// token bucket's arrival time, or a window's parts as index and units, oldest first.
func (l Limit) Spent(arrival int64, parts [][2]int64, now int64) int64 {
	if l.Burst > 0 {
		return gcra(arrival).used(l, now)
	}
	w := make(window, len(parts))
	for i, part := range parts {
		w[i] = bucket{part[0], part[1]}
	}
	return w.live(l, now).sum()
}

// Ceiling is the most that one decision can ever ask for.
func (l Limit) Ceiling() int64 {
	if l.Burst > 0 {
		return l.Burst
	}
	return l.Units
}
