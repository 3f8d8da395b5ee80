package ratelimit

import "slices"

// windowParts is into how many buckets a sliding window is cut. A whole bucket leaves at once, so
// the window is up to a fortieth longer than asked for: 2.5 % of the throughput for a state of at
// most 41 numbers.
const windowParts = 40

// Part counts the units spent in one part of a window; Index is time divided by the width.
type Part struct{ Index, Units int64 }

// Window is a sliding window, oldest part first.
type Window []Part

func (l Limit) width() int64 {
	return (l.Per.Microseconds() + windowParts - 1) / windowParts
}

// live drops the buckets that lie wholly before the window that ends at now.
func (w Window) live(l Limit, now int64) Window {
	for len(w) > 0 && (w[0].Index+1)*l.width() <= now-l.Per.Microseconds() {
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
		wait = (b.Index+1)*l.width() + l.Per.Microseconds() - now
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

func (w Window) sum() (total int64) {
	for _, b := range w {
		total += b.Units
	}
	return total
}
