package sim_test

import (
	"fmt"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// A page of mails has to cost the simulator far less than a client, or benchmarks of clients
// would measure the simulator.
func BenchmarkPageOfMails(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			c := startBench(b, sim.Config{Users: 1, Mails: 5000, Seed: 7})
			path := fmt.Sprintf("/users/%s/mailFolders/inbox/messages/delta", c.tenant.Directory.People()[0].ID)
			b.ReportAllocs()
			for b.Loop() {
				status, size := c.serve(path, encoding, "odata.maxpagesize=500")
				if status != 200 {
					b.Fatal(status)
				}
				b.SetBytes(size)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/500, "us/mail")
		})
	}
}
