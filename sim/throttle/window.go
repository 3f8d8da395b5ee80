package throttle

import "time"

const slots = 20

// window counts units over the last span.
type window struct {
	span  time.Duration
	used  [slots]int64
	first int64 // number of the oldest slot that is kept
	sum   int64
}

func (w *window) slot(now time.Time) int64 { return now.UnixNano() / int64(w.span/slots) }

// advance drops slots that have passed.
func (w *window) advance(now time.Time) int64 {
	current := w.slot(now)
	if current-w.first >= 2*slots {
		w.used, w.sum, w.first = [slots]int64{}, 0, current-slots+1
	}
	for ; w.first <= current-slots; w.first++ {
		w.sum -= w.used[w.first%slots]
		w.used[w.first%slots] = 0
	}
	return current
}

// add counts units in; wait is zero if they fit below the limit, else how long until they will.
func (w *window) add(now time.Time, units, limit int64) (wait time.Duration) {
	current := w.advance(now)
	if w.sum+units <= limit {
		w.used[current%slots] += units
		w.sum += units
		return 0
	}
	excess := w.sum + units - limit
	for slot := w.first; slot <= current; slot++ {
		excess -= w.used[slot%slots]
		if excess <= 0 {
			frees := time.Unix(0, (slot+slots)*int64(w.span/slots))
			return max(frees.Sub(now), time.Second)
		}
	}
	return w.span
}
