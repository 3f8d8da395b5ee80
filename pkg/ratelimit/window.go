package ratelimit

import "slices"

// windowParts is into how many parts a sliding window is cut. A whole part leaves at once, and not before the leases
// of its last moment are spent, so the window is between [LeaseFor] and a fortieth more than that longer than asked for:
// for ten minutes 1.4 % of the throughput on average, for a state of at most 42 numbers.
const windowParts = 40

// Part counts the units spent in one part of a window; Index is time divided by the width.
type Part struct{ Index, Units int64 }

// Window is a sliding window, oldest part first.
type Window []Part

func (l Limit) width() int64 {
	return (l.Per.Microseconds() + windowParts - 1) / windowParts
}

// past is when what was granted in a part counts no more: a lease is spent a moment after it was granted.
func (l Limit) past(index int64) int64 {
	return (index+1)*l.width() + min(LeaseFor.Microseconds(), l.width()) + l.Per.Microseconds()
}

// live drops the parts that lie wholly before the window that ends at now.
func (w Window) live(l Limit, now int64) Window {
	for len(w) > 0 && l.past(w[0].Index) <= now {
		w = w[1:]
	}
	return w
}

// take grants between need and want units at now, or says how long to wait until need are there.
func (w Window) take(l Limit, now, need, want int64) (granted int64, next Window, wait int64) {
	w = w.live(l, now)
	available := l.Units - w.sum()
	if available >= need {
		granted = min(want, available)
		return granted, w.add(now/l.width(), granted), 0
	}
	for _, b := range w {
		available += b.Units
		wait = l.past(b.Index) - now
		if available >= need {
			break
		}
	}
	return 0, w, max(wait, 1)
}

// give puts units back into the bucket that they were taken from, if it is still there.
func (w Window) give(l Limit, at, n int64) Window {
	for i, b := range w {
		if b.Index == at/l.width() {
			w[i].Units = max(b.Units-n, 0)
		}
	}
	return w
}

// add returns a new window: the old one stays as it was until the whole decision is taken.
func (w Window) add(index, n int64) Window {
	w = slices.Clone(w)
	if last := len(w) - 1; last >= 0 && w[last].Index >= index {
		w[last].Units += n
		return w
	}
	return append(w, Part{index, n})
}

// of is what was spent in one part.
func (w Window) of(index int64) (units int64) {
	for _, part := range w {
		if part.Index == index {
			units += part.Units
		}
	}
	return units
}

func (w Window) sum() (total int64) {
	for _, b := range w {
		total += b.Units
	}
	return total
}
