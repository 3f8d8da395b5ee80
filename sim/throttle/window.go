package throttle

import "time"

const slots = 20

// window adds up over the last span.
type window struct {
	span  time.Duration
	slots [slots]int64
	first int64 // number of the oldest slot that is kept
	sum   int64
}

func (w *window) slot(now time.Time) int64 { return now.UnixNano() / int64(w.span/slots) }

// advance drops slots that have passed, and returns the current one.
func (w *window) advance(now time.Time) int64 {
	current := w.slot(now)
	if current-w.first >= 2*slots {
		w.slots, w.sum, w.first = [slots]int64{}, 0, current-slots+1
	}
	for ; w.first <= current-slots; w.first++ {
		w.sum -= w.slots[w.first%slots]
		w.slots[w.first%slots] = 0
	}
	return current
}

func (w *window) used(now time.Time) int64 {
	w.advance(now)
	return w.sum
}

func (w *window) add(now time.Time, amount int64) {
	current := w.advance(now)
	w.slots[current%slots] += amount
	w.sum += amount
}

// wait is zero if an amount fits below the limit, else how long until it will. What is larger than
// the limit itself waits for the whole window.
func (w *window) wait(now time.Time, amount, limit int64) time.Duration {
	current := w.advance(now)
	excess := w.sum + amount - limit
	if excess <= 0 {
		return 0
	}
	for slot := w.first; slot <= current; slot++ {
		excess -= w.slots[slot%slots]
		if excess <= 0 {
			frees := time.Unix(0, (slot+slots)*int64(w.span/slots))
			return max(frees.Sub(now), time.Second)
		}
	}
	return w.span
}
