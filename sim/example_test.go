package sim_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/tenantkeep/tenantkeep/sim"
)

func Example() {
	tenant, err := sim.New(sim.Config{Users: 3, Mails: 100, Seed: 7})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(tenant) // login and Graph are both at server.URL
	defer server.Close()
	fmt.Println(tenant.Domain, len(tenant.Directory.People()), tenant.Ledger.Report().Total.Requests)
	// Output: contoso.onmicrosoft.com 3 0
}
