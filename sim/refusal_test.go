package sim_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// A server that answers while the body is still being written breaks the connection, and a proxy
// in between loses the answer.
func TestARefusalComesAfterTheWholeBody(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	for _, path := range []string{"/v1.0/users", "/v1.0/nowhere", "/outlook.office.com/none"} {
		body := bytes.NewReader(make([]byte, 3<<20))
		request, err := http.NewRequest(http.MethodPost, c.base+path, body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode < 400 || body.Len() > 0 {
			t.Errorf("%s: status %d with %d bytes unread", path, response.StatusCode, body.Len())
		}
	}
}
