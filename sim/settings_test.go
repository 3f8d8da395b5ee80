package sim_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

func TestAnswersArePackedUnlessThatIsOff(t *testing.T) {
	c := start(t, sim.Config{Users: 50})
	for _, set := range []struct{ gzip, want string }{{"on", "gzip"}, {"off", ""}, {"on", "gzip"}} {
		c.do("POST", "/sim/settings", object{"gzip": set.gzip}).want(200)
		got := c.do("GET", "/users", nil, "Accept-Encoding", "gzip")
		if encoding := got.header.Get("Content-Encoding"); encoding != set.want {
			t.Errorf("gzip %s: Content-Encoding %q", set.gzip, encoding)
		}
	}
	c.do("POST", "/sim/settings", object{"gzip": "often"}).want(400)
}
