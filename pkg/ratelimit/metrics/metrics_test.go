package metrics_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/metrics"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
)

func TestPrometheusSeesTheBudgets(t *testing.T) {
	tell, err := telemetry.Setup(t.Context(), telemetry.Config{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ledger := ratelimit.NewMemory()
	price := published.For(published.Size{}).Files(1_250)
	for _, ask := range []ratelimit.Ask{
		{Connection: "c1", Scope: price.Scope, Holder: "backup", Charges: price.Charges},
		{Connection: "c1", Scope: price.Scope, Holder: "restore", Priority: ratelimit.Restore, Charges: price.Charges},
	} {
		if _, err := ledger.Acquire(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
	}
	if err := ledger.CoolDown(t.Context(), "c1", price.Scope, time.Minute); err != nil {
		t.Fatal(err)
	}
	end, err := metrics.Register(otel.Meter("test"), ledger, func(context.Context) ([]m365.ConnectionID, error) { return []m365.ConnectionID{"c1"}, nil })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = end() }()
	answer := httptest.NewRecorder()
	tell.Metrics.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	text, _ := io.ReadAll(answer.Body)
	for _, want := range []string{
		`tenantkeep_budget_used{area="files",connection="c1",limit="units per minute"`,
		`tenantkeep_budget_waiting{area="files",connection="c1",`, `priority="restore"} 1`, "tenantkeep_budget_pace", "tenantkeep_budget_pause_seconds",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
