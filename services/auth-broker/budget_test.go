package authbroker_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// TestTheBudgetSaysWhatIsUsedAndWhoWaits has other processes use a connection's limits through Redis.
func TestTheBudgetSaysWhatIsUsedAndWhoWaits(t *testing.T) {
	redis := redistest.Start(t)
	p := newPlace(t, sim.Config{Users: 1})
	p.redis = "redis://" + redis.Address + "/0"
	broker := p.start()
	id := m365.ConnectionID(broker.connect().GetConnection().GetName()[len("connections/"):])
	service := authv1.NewBudgetServiceClient(broker.as(""))
	name := "connections/" + string(id) + "/budget"

	stream, err := service.WatchBudget(p.context(), &authv1.WatchBudgetRequest{Name: name})
	p.must(err)
	first, err := stream.Recv()
	p.must(err)
	if len(first.GetBudget().GetAreas()) != 0 || first.GetBudget().GetLedgerAway() {
		t.Errorf("nothing was used yet: %v", first)
	}

	ledger, prices := redisledger.New(redis.Client()), published.For(published.Size{})
	for _, work := range []struct {
		holder   string
		priority ratelimit.Priority
		price    ratelimit.Price
	}{
		{"backup-worker-1", ratelimit.Scheduled, prices.Files(1_250)},
		{"backup-worker-1", ratelimit.Scheduled, prices.Files(3)},
		{"restore-worker-1", ratelimit.Restore, prices.Files(2)},
		{"backup-worker-1", ratelimit.Scheduled, prices.Mailbox("ann", 100, 0)},
		{"backup-worker-2", ratelimit.Scheduled, prices.Mailbox("bob", 50, 0)},
	} {
		_, err := ledger.Acquire(p.context(), ratelimit.Ask{
			Connection: id, Scope: work.price.Scope, Holder: work.holder, Priority: work.priority, Charges: work.price.Charges[:1]})
		p.must(err)
	}
	reply, err := service.GetBudget(p.context(), &authv1.GetBudgetRequest{Name: name})
	p.must(err)
	areas := reply.GetBudget().GetAreas()
	if len(areas) != 2 {
		t.Fatalf("%v", reply)
	}
	mail, files := areas[0], areas[1]
	if l := mail.GetLimits()[0]; mail.GetScopes() != 2 || l.GetLimit() != 20_000 || l.GetUsed() < 150 || l.GetUsed()+l.GetLeft() != l.GetLimit() || l.GetLeastLeft() != 10_000-100 {
		t.Errorf("%v", mail)
	}
	if l := files.GetLimits()[0]; l.GetUsed() != 1_250 || l.GetLeft() != 0 || l.GetDescription() != "SharePoint's 1,250 units a minute" {
		t.Errorf("%v", files)
	}
	waiting := files.GetWaiting()
	if len(waiting) != 2 || waiting[0].GetPriority() != authv1.WorkPriority_WORK_PRIORITY_RESTORE || waiting[1].GetCalls() != 1 ||
		files.GetWaitingFor()[0] != "SharePoint's 1,250 units a minute" || files.GetWaitingEndTime() == nil {
		t.Errorf("%v", files)
	}
	if update, err := stream.Recv(); err != nil || len(update.GetBudget().GetAreas()) == 0 {
		t.Errorf("the watcher hears %v, %v", update, err)
	}

	redis.Stop()
	reply, err = service.GetBudget(p.context(), &authv1.GetBudgetRequest{Name: name})
	if err != nil || !reply.GetBudget().GetLedgerAway() {
		t.Errorf("without Redis: %v, %v", reply, err)
	}
}

func TestABudgetBelongsToAConnection(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1})
	service := authv1.NewBudgetServiceClient(p.start().as(""))
	for name, want := range map[string]codes.Code{"connections/nobody/budget": codes.NotFound, "connections/nobody": codes.InvalidArgument} {
		if _, err := service.GetBudget(p.context(), &authv1.GetBudgetRequest{Name: name}); status.Code(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
