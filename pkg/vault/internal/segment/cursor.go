package segment

import (
	"bytes"
	"container/heap"
	"context"
	"math"
)

// Range is what a scan is interested in.
type Range struct {
	First, End     []byte // keys from First up to, but not including, End; nil End: to the last
	MinSeq, MaxSeq uint64 // blocks without any seq in this range are passed over
}

// Everything in the range of keys, however old.
func Everything(first, end []byte) Range { return Range{first, end, 0, math.MaxUint64} }

// Rows is a stream of rows in order. Row is valid after a Next that returned true, and until the
// following one.
type Rows interface {
	Next(ctx context.Context) (bool, error)
	Row() Row
}

// Scan streams the rows of the range.
func (s *Segment) Scan(within Range) Rows { return &cursor{segment: s, within: within, index: -1} }

type cursor struct {
	segment *Segment
	within  Range
	footer  *footer
	index   int // of the block; -1 before the first
	block   *block
	next    int
	row     Row
	key     []byte // memory of row.Key
}

func (c *cursor) Row() Row { return c.row }

func (c *cursor) Next(ctx context.Context) (bool, error) {
	for c.block == nil || c.next == len(c.block.starts) {
		if more, err := c.advance(ctx); !more || err != nil {
			return false, err
		}
	}
	c.row = c.block.row(c.next)
	c.key = append(append(c.key[:0], c.block.prefix...), c.row.Key...)
	c.row.Key = c.key
	c.next++
	return c.within.End == nil || bytes.Compare(c.row.Key, c.within.End) < 0, nil
}

// advance goes to the next block that matters.
func (c *cursor) advance(ctx context.Context) (bool, error) {
	first := c.index < 0
	if first {
		f, err := c.segment.open(ctx)
		if err != nil {
			return false, err
		}
		c.footer, c.index = f, f.search(c.within.First)-1
	}
	for c.index++; c.index < len(c.footer.blocks); c.index++ {
		if info := c.footer.blocks[c.index]; info.maxSeq >= c.within.MinSeq && info.minSeq <= c.within.MaxSeq {
			b, err := c.segment.block(ctx, info)
			if err != nil {
				return false, err
			}
			c.block, c.next = b, b.search(c.within.First, math.MaxUint64)
			return true, nil
		}
	}
	return false, nil
}

// List streams rows that are in memory, in order.
func List(rows []Row) Rows { return &list{rows: rows} }

type list struct {
	rows []Row
	row  Row
}

func (l *list) Row() Row { return l.row }

func (l *list) Next(context.Context) (bool, error) {
	if len(l.rows) == 0 {
		return false, nil
	}
	l.row, l.rows = l.rows[0], l.rows[1:]
	return true, nil
}

// Merge streams the rows of all inputs in order. Of rows that are equal in key and seq, the one of
// the earlier input comes first.
func Merge(inputs ...Rows) Rows { return &merge{inputs: inputs} }

type merge struct {
	inputs []Rows
	queue  queue
	begun  bool
	row    Row
}

func (m *merge) Row() Row { return m.row }

func (m *merge) Next(ctx context.Context) (bool, error) {
	if !m.begun {
		m.begun = true
		for i, input := range m.inputs {
			more, err := input.Next(ctx)
			if err != nil {
				return false, err
			}
			if more {
				m.queue = append(m.queue, head{input, i})
			}
		}
		heap.Init(&m.queue)
	} else if len(m.queue) > 0 {
		more, err := m.queue[0].rows.Next(ctx)
		if err != nil {
			return false, err
		}
		if more {
			heap.Fix(&m.queue, 0)
		} else {
			heap.Pop(&m.queue)
		}
	}
	if len(m.queue) == 0 {
		return false, nil
	}
	m.row = m.queue[0].rows.Row()
	return true, nil
}

type head struct {
	rows  Rows
	order int
}

// queue is a heap: its first input is the one whose row comes next.
type queue []head

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	a, b := q[i].rows.Row(), q[j].rows.Row()
	if a.Less(b) {
		return true
	}
	return !b.Less(a) && q[i].order < q[j].order
}
func (q *queue) Push(x any) { *q = append(*q, x.(head)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
