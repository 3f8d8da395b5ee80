// Simwalk calls every route of a running m365sim, and fails if one of them was not answered as it
// should be or is untouched afterwards.
//
//	simwalk --address http://127.0.0.1:8365
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/walk"
)

func main() {
	address := flag.String("address", "http://127.0.0.1:8365", "`URL` of the simulator, or of a proxy before it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *address)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simwalk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string) error {
	if err := walk.Run(ctx, address); err != nil {
		return err
	}
	untouched, err := walk.Untouched(ctx, address)
	if err == nil && len(untouched) > 0 {
		err = fmt.Errorf("routes that nobody has called:\n  %s", strings.Join(untouched, "\n  "))
	}
	return err
}
