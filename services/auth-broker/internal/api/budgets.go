package api

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/message"
)

// Budgets answers BudgetService.
type Budgets struct {
	authv1.UnimplementedBudgetServiceServer
	Ledger      ratelimit.Ledger
	Connections interface {
		Get(ctx context.Context, id m365.ConnectionID) (connection.Connection, error)
	}
	Stopping <-chan struct{} // closed when the service ends: watchers are told to come again then
}

// How often a watcher looks.
const (
	usualInterval = time.Second
	leastInterval = 100 * time.Millisecond
)

// GetBudget implements authv1.BudgetServiceServer.
func (s *Budgets) GetBudget(ctx context.Context, r *authv1.GetBudgetRequest) (*authv1.GetBudgetResponse, error) {
	id, err := s.connection(ctx, r.GetName())
	if err != nil {
		return nil, err
	}
	budget, err := s.read(ctx, id)
	return &authv1.GetBudgetResponse{Budget: budget}, err
}

// WatchBudget implements authv1.BudgetServiceServer.
func (s *Budgets) WatchBudget(r *authv1.WatchBudgetRequest, stream grpc.ServerStreamingServer[authv1.WatchBudgetResponse]) error {
	ctx := stream.Context()
	id, err := s.connection(ctx, r.GetName())
	if err != nil {
		return err
	}
	interval := usualInterval
	if r.GetInterval() != nil {
		interval = max(r.GetInterval().AsDuration(), leastInterval)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for last := (*authv1.Budget)(nil); ; {
		budget, err := s.read(ctx, id)
		if err != nil {
			return err
		}
		if last == nil || !same(last, budget) {
			if err := stream.Send(&authv1.WatchBudgetResponse{Budget: budget}); err != nil {
				return err
			}
			last = budget
		}
		select {
		case <-tick.C:
		case <-s.Stopping:
			return fault.New(fault.Transient, "watch budget", "the service is ending", fault.Reason("SERVICE_ENDING"), fault.Next("watch again"))
		case <-ctx.Done():
			return nil
		}
	}
}

// same tells whether two readings differ in more than when they were made.
func same(a, b *authv1.Budget) bool {
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	a.ReadTime, b.ReadTime = nil, nil
	return proto.Equal(a, b)
}

// connection reads the name of a budget, and makes sure that there is a connection of it.
func (s *Budgets) connection(ctx context.Context, name string) (m365.ConnectionID, error) {
	parent, found := strings.CutSuffix(name, "/budget")
	if !found {
		return "", fault.New(fault.Invalid, "read name", "\""+name+"\" names no budget",
			fault.Reason("NAME_MALFORMED"), fault.Next("give it as connections/ID/budget"))
	}
	id, err := message.ID(parent)
	if err == nil {
		_, err = s.Connections.Get(ctx, id)
	}
	return id, err
}

func (s *Budgets) read(ctx context.Context, id m365.ConnectionID) (*authv1.Budget, error) {
	report, err := s.Ledger.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	budget := &authv1.Budget{Name: message.Name(id) + "/budget", ReadTime: timestamppb.New(now), LedgerAway: ratelimit.Away(s.Ledger)}
	for _, standing := range published.Standings(report) {
		budget.Areas = append(budget.Areas, area(standing, now))
	}
	return budget, nil
}

var areas = map[published.Area]authv1.BudgetArea{
	published.Mail:          authv1.BudgetArea_BUDGET_AREA_MAIL,
	published.Files:         authv1.BudgetArea_BUDGET_AREA_FILES,
	published.Directory:     authv1.BudgetArea_BUDGET_AREA_DIRECTORY,
	published.Teams:         authv1.BudgetArea_BUDGET_AREA_TEAMS,
	published.Subscriptions: authv1.BudgetArea_BUDGET_AREA_SUBSCRIPTIONS,
}

// priorities, highest first.
var priorities = []struct {
	priority ratelimit.Priority
	written  authv1.WorkPriority
}{
	{ratelimit.Restore, authv1.WorkPriority_WORK_PRIORITY_RESTORE},
	{ratelimit.Interactive, authv1.WorkPriority_WORK_PRIORITY_INTERACTIVE},
	{ratelimit.Scheduled, authv1.WorkPriority_WORK_PRIORITY_SCHEDULED},
}

func area(s published.Standing, now time.Time) *authv1.AreaBudget {
	m := &authv1.AreaBudget{
		Area: areas[s.Area], Scopes: s.Scopes, CallsInFlight: s.Held, CallsInFlightLimit: s.Slots, PacePercent: int32(s.Pace),
		PauseEndTime: in(now, s.Cooling), WaitingFor: s.For, WaitingEndTime: in(now, s.Ready),
	}
	for _, l := range s.Limits {
		m.Limits = append(m.Limits, &authv1.BudgetLimit{
			Name: l.Budget, Description: l.Text, Period: durationpb.New(l.Per), Limit: l.Limit, Used: l.Used, Left: l.Left, LeastLeft: l.Least,
		})
	}
	for _, p := range priorities {
		if calls := s.Waiting[p.priority]; calls > 0 {
			m.Waiting = append(m.Waiting, &authv1.WaitingCalls{Priority: p.written, Calls: calls})
		}
	}
	return m
}

// in is a moment to the second, so that what does not change looks the same when it is read again; nil for none.
func in(now time.Time, wait time.Duration) *timestamppb.Timestamp {
	if wait <= 0 {
		return nil
	}
	return timestamppb.New(now.Add(wait).Add(time.Second - 1).Truncate(time.Second))
}
