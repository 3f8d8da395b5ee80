package tenant

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// kept is a state with at most one connection.
type kept struct{ connection *authv1.Connection }

func (k kept) Get(_ context.Context, key state.Key) (state.Record, error) {
	if k.connection == nil || key.ID != "c1" {
		return state.Record{}, fault.New(fault.NotFound, "get", "nothing there")
	}
	data, err := proto.Marshal(k.connection)
	return state.Record{Data: data}, err
}

const guid = "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"

func TestLocate(t *testing.T) {
	for name, test := range map[string]struct {
		connection *authv1.Connection
		graph      string
		kind       fault.Kind
		says       string
	}{
		"a sovereign cloud": {
			connection: &authv1.Connection{Cloud: "gcch", TenantId: strings.ToUpper(guid)}, graph: "https://graph.microsoft.us"},
		"a simulator": {
			connection: &authv1.Connection{Cloud: "sim", Simulator: "127.0.0.1:8080", TenantId: guid}, graph: "http://127.0.0.1:8080"},
		"a simulator without address": {
			connection: &authv1.Connection{Cloud: "sim", TenantId: guid}, kind: fault.Invalid, says: "no address"},
		"an unknown cloud": {
			connection: &authv1.Connection{Cloud: "mars", TenantId: guid}, kind: fault.Invalid, says: "mars"},
		"no tenant": {
			connection: &authv1.Connection{Cloud: "global"}, kind: fault.Invalid, says: "tenant id"},
		"no connection": {kind: fault.NotFound, says: "c1 is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := locate(t.Context(), kept{test.connection}, "c1")
			if test.says != "" {
				if !fault.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v %v", fault.KindOf(err), err)
				}
				return
			}
			if err != nil || got.cloud.Graph != test.graph || got.tenant != m365.TenantID(guid) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
