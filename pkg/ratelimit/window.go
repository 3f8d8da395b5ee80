package ratelimit

import "slices"

// windowParts is into how many buckets a sliding window is cut. A whole bucket leaves at once, so
// the window is up to a fortieth longer than asked for: 2.5 % of the throughput for a state of at
// most 41 numbers.
const windowParts = 40

// bucket counts the units spent in one part of a window; index is time divided by the width.
type bucket struct{ index, units int64 }

// window is a sliding window, oldest bucket first.
type window []bucket

func (l Limit) width() int64 {
	return (l.Per.Microseconds() + windowParts - 1) / windowParts
}

// live drops the buckets that lie wholly before the window that ends at now.
func (w window) live(l Limit, now int64) window {
	for len(w) > 0 && (w[0].index+1)*l.width() <= now-l.Per.Microseconds() {
		w = w[1:]
	}
	return w
}

// take grants between need and want units at now, or says how long to wait until need are there.
func (w window) take(l Limit, now, need, want int64) (granted int64, next window, wait int64) {
	w = w.live(l, now)
	available := l.Units - w.sum()
	if available >= need {
		granted = min(want, available)
		return granted, w.add(now/l.width(), granted), 0
	}
	for _, b := range w {
		available += b.units
		wait = (b.index+1)*l.width() + l.Per.Microseconds() - now
		if available >= need {
			break
		}
	}
	return 0, w, max(wait, 1)
}

// give puts units back into the bucket that they were taken from, if it is still there.
func (w window) give(l Limit, at, n int64) window {
	for i, b := range w {
		if b.index == at/l.width() {
			w[i].units = max(b.units-n, 0)
		}
	}
	return w
}

// add returns a new window: the old one stays as it was until the whole decision is taken.
func (w window) add(index, n int64) window {
	w = slices.Clone(w)
	if last := len(w) - 1; last >= 0 && w[last].index >= index {
		w[last].units += n
		return w
	}
	return append(w, bucket{index, n})
}

func (w window) sum() (total int64) {
	for _, b := range w {
		total += b.units
	}
	return total
}
