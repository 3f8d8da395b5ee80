package snapshot

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Order is how the items of a folder are listed.
type Order uint8

// The orders. The catalog is in that of the ids; the others have to read all to find the first.
const (
	ByID Order = iota
	ByName
	NewestFirst
)

// ParseOrder reads an order_by of the API (https://google.aip.dev/132#ordering).
func ParseOrder(text string) (Order, error) {
	switch strings.Join(strings.Fields(text), " ") {
	case "":
		return ByID, nil
	case "name":
		return ByName, nil
	case "time desc":
		return NewestFirst, nil
	default:
		return ByID, fault.New(fault.Invalid, "list folder", fmt.Sprintf("items cannot be listed by %q", text),
			fault.Reason("BAD_ORDER"), fault.Next(`use "name" or "time desc", or leave the order out`))
	}
}

// at is the position after an item.
func (o Order) at(item Item) position {
	p := position{Order: o, ID: item.ID}
	switch o {
	case ByName:
		p.Key = strings.ToLower(item.Title)
	case NewestFirst: // later times sort lower
		p.Key = fmt.Sprintf("%016x", uint64(1<<62-item.Time.UnixMilli()))
	case ByID: // nothing comes before the id
	}
	return p
}

func compare(a, b position) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.ID, b.ID))
}

// smallest returns the n first items after a position, in order. It reads the whole folder.
func smallest(ctx context.Context, reader Reader, folder string, from position, n int) ([]Item, error) {
	keep := &largestFirst{}
	for item, err := range reader.In(ctx, folder, "") {
		if err != nil {
			return nil, fault.Wrap("list folder", err)
		}
		at := from.Order.at(item)
		if from.ID != "" && compare(at, from) <= 0 {
			continue
		}
		if keep.Len() < n {
			heap.Push(keep, placed{at, item})
		} else if compare(at, keep.items[0].at) < 0 {
			keep.items[0] = placed{at, item}
			heap.Fix(keep, 0)
		}
	}
	items := make([]Item, keep.Len())
	for i := len(items) - 1; i >= 0; i-- {
		items[i] = heap.Pop(keep).(placed).item
	}
	return items, nil
}

type placed struct {
	at   position
	item Item
}

// largestFirst is the heap that drops the largest of too many.
type largestFirst struct{ items []placed }

func (h *largestFirst) Len() int           { return len(h.items) }
func (h *largestFirst) Less(i, j int) bool { return compare(h.items[i].at, h.items[j].at) > 0 }
func (h *largestFirst) Swap(i, j int)      { h.items[i], h.items[j] = h.items[j], h.items[i] }
func (h *largestFirst) Push(x any)         { h.items = append(h.items, x.(placed)) }
func (h *largestFirst) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	return last
}
