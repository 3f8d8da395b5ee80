// Vaultbench measures the vault against the plain loop and its other bars, prints both sides and
// exits 1 if a bar is missed.
//
//	go run ./cmd/vaultbench [-items 100000] [-rows 1000000] [-rounds 3] [-goroutines 4] [-dir DIR]
//
// Both sides of a ratio run in turns, and the best round of each counts: what else the machine does
// disturbs a round, not the result. Bytes include catalog, footers and heads. The bar of random reads
// is 25,000 a second on two cores, taken from the CPU time that a read costs.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

type options struct {
	items, rows, rounds, goroutines int
	dir                             string
}

// bar is one measured value and what it must be.
type bar struct {
	what       string
	value      float64
	unit       string
	limit      float64
	atMost     bool
	comparison string // the other side
}

func (b bar) held() bool {
	if b.atMost {
		return b.value <= b.limit
	}
	return b.value >= b.limit
}

func main() {
	var o options
	flag.IntVar(&o.items, "items", 100_000, "mails that are written")
	flag.IntVar(&o.rows, "rows", 1_000_000, "items of the unit that lookups are measured in")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds, of which the best counts")
	flag.IntVar(&o.goroutines, "goroutines", 4, "goroutines that put and read")
	flag.StringVar(&o.dir, "dir", "", "where to write; a temporary directory if empty")
	flag.Parse()
	held, err := run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vaultbench:", err)
		os.Exit(2)
	}
	if !held {
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (held bool, err error) {
	dir, err := os.MkdirTemp(o.dir, "vaultbench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	o.dir = dir
	var bars []bar
	for _, measure := range []func(context.Context, options) ([]bar, error){measureMail, measureLookup} {
		some, err := measure(ctx, o)
		if err != nil {
			return false, err
		}
		bars = append(bars, some...)
	}
	return report(bars), nil
}

func report(bars []bar) (held bool) {
	held = true
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tvault\tbar\tother side\t")
	for _, b := range bars {
		sign, verdict := ">=", "held"
		if b.atMost {
			sign = "<="
		}
		if !b.held() {
			verdict, held = "MISSED", false
		}
		fmt.Fprintf(w, "%s\t%.6g %s\t%s %g\t%s\t%s\n", b.what, b.value, b.unit, sign, b.limit, b.comparison, verdict)
	}
	w.Flush()
	return held
}
