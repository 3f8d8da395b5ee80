// Command probe asks the server at a URL whether it is well, and ends with 0 if it is, else with 1.
//
//	probe nats://127.0.0.1:4222
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/probe"
)

const patience = 3 * time.Second

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: probe nats://HOST:PORT | redis://HOST:PORT | http://HOST:PORT/PATH")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := probe.Check(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "probe: "+fault.Sentence(err))
		os.Exit(1)
	}
}
