package drive

import (
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// writer appends members of an object.
type writer struct {
	b     []byte
	empty bool
}

func (w *writer) name(name string) {
	if !w.empty {
		w.b = append(w.b, ',')
	}
	w.empty = false
	w.b = append(append(append(w.b, '"'), name...), `":`...)
}

func (w *writer) text(name, value string) {
	w.name(name)
	w.b = wire.AppendString(w.b, value)
}

func (w *writer) raw(name, value string) {
	w.name(name)
	w.b = append(w.b, value...)
}

func (w *writer) time(name string, value time.Time) {
	w.name(name)
	w.b = wire.AppendTime(w.b, value)
}
