// Package metrics tells how connections stand with Microsoft's limits, as OpenTelemetry gauges that are read when
// somebody asks: the same figures as BudgetService.
//
//	tenantkeep.budget.used, .left      units, by connection, area and limit
//	tenantkeep.budget.waiting          calls, by connection, area and priority
//	tenantkeep.budget.waiting.time     seconds until the last of them can be sent
//	tenantkeep.budget.pace             percent of the limits that is used
//	tenantkeep.budget.pause            seconds that are left of a pause which Microsoft asked for
//
// A connection is named by our id; mailboxes are added up.
package metrics

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
)

// Priorities by name.
var priorities = map[ratelimit.Priority]string{ratelimit.Scheduled: "scheduled", ratelimit.Interactive: "interactive", ratelimit.Restore: "restore"}

type gauges struct {
	used, left, waiting, pace metric.Int64ObservableGauge
	ready, pause              metric.Float64ObservableGauge
}

// Register has the meter ask the ledger about all connections. The function that is returned ends that.
func Register(meter metric.Meter, ledger ratelimit.Ledger, connections func(context.Context) ([]m365.ConnectionID, error)) (end func() error, err error) {
	g, err := newGauges(meter)
	if err != nil {
		return nil, fault.As(fault.Internal, "register budgets", err)
	}
	registration, err := meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ids, err := connections(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			report, err := ledger.Report(ctx, id)
			if err != nil {
				return err
			}
			for _, standing := range published.Standings(report) {
				g.observe(o, id, standing)
			}
		}
		return nil
	}, g.used, g.left, g.waiting, g.pace, g.ready, g.pause)
	if err != nil {
		return nil, fault.As(fault.Internal, "register budgets", err)
	}
	return registration.Unregister, nil
}

func newGauges(meter metric.Meter) (g gauges, err error) {
	for _, row := range []struct {
		gauge *metric.Int64ObservableGauge
		name  string
		about string
	}{
		{&g.used, "tenantkeep.budget.used", "units of a limit that are used"},
		{&g.left, "tenantkeep.budget.left", "units of a limit that are left"},
		{&g.waiting, "tenantkeep.budget.waiting", "calls that wait for a limit"},
		{&g.pace, "tenantkeep.budget.pace", "percent of the limits that is used"},
	} {
		if *row.gauge, err = meter.Int64ObservableGauge(row.name, metric.WithDescription(row.about)); err != nil {
			return g, err
		}
	}
	if g.ready, err = meter.Float64ObservableGauge("tenantkeep.budget.waiting.time", metric.WithUnit("s"), metric.WithDescription("until the last call that waits can be sent")); err != nil {
		return g, err
	}
	g.pause, err = meter.Float64ObservableGauge("tenantkeep.budget.pause", metric.WithUnit("s"), metric.WithDescription("left of a pause that Microsoft asked for"))
	return g, err
}

func (g gauges) observe(o metric.Observer, id m365.ConnectionID, s published.Standing) {
	about := []attribute.KeyValue{attribute.String("connection", string(id)), attribute.String("area", string(s.Area))}
	with := func(more ...attribute.KeyValue) metric.ObserveOption {
		return metric.WithAttributes(append(about[:2:2], more...)...)
	}
	for _, limit := range s.Limits {
		o.ObserveInt64(g.used, limit.Used, with(attribute.String("limit", limit.Budget)))
		o.ObserveInt64(g.left, limit.Left, with(attribute.String("limit", limit.Budget)))
	}
	for priority, name := range priorities {
		o.ObserveInt64(g.waiting, s.Waiting[priority], with(attribute.String("priority", name)))
	}
	o.ObserveInt64(g.pace, s.Pace, with())
	o.ObserveFloat64(g.ready, s.Ready.Seconds(), with())
	o.ObserveFloat64(g.pause, s.Cooling.Seconds(), with())
}
