package ratelimit

// gcra is a token bucket as its theoretical arrival time: the moment, in microseconds, at which
// the bucket will be full again. It is the whole state.
type gcra int64

// span is how long the bucket takes to refill n units, rounded up.
func (l Limit) span(n int64) int64 {
	return (n*l.Per.Microseconds() + l.Units - 1) / l.Units
}

// take grants between need and want units at now, or says how long to wait until need are there.
func (g gcra) take(l Limit, now, need, want int64) (granted int64, next gcra, wait int64) {
	arrival := max(int64(g), now)
	room := now + l.span(l.Burst) - arrival
	available := room * l.Units / l.Per.Microseconds()
	if room < 0 || available < need {
		return 0, g, max(arrival+l.span(need)-l.span(l.Burst)-now, 1)
	}
	granted = min(want, available)
	return granted, gcra(arrival + l.span(granted)), 0
}

// give puts units back that were not used.
func (g gcra) give(l Limit, n int64) gcra { return g - gcra(l.span(n)) }

// used is how many units the bucket lacks at now, a part of one counted as one.
func (g gcra) used(l Limit, now int64) int64 {
	if int64(g) <= now {
		return 0
	}
	return ((int64(g)-now)*l.Units + l.Per.Microseconds() - 1) / l.Per.Microseconds()
}
