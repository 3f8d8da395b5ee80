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

// Ceiling is the most that one decision can ever ask for.
func (l Limit) Ceiling() int64 {
	if l.Burst > 0 {
		return l.Burst
	}
	return l.Units
}
