package cli

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

func TestTheBudgetIsToldInATableAndSentences(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var out strings.Builder
	printBudget(&out, &authv1.Budget{ReadTime: timestamppb.New(now), Areas: []*authv1.AreaBudget{
		{
			Area: authv1.BudgetArea_BUDGET_AREA_MAIL, Scopes: 2, PacePercent: 100, CallsInFlight: 5, CallsInFlightLimit: 8,
			Limits: []*authv1.BudgetLimit{
				{Name: "requests", Description: "Exchange's 10,000 requests in 10 minutes for one mailbox", Limit: 20_000, Used: 300, Left: 19_700, LeastLeft: 9_800},
				{Name: "upload", Description: "Exchange's 150 MiB up in 5 minutes for one mailbox", Limit: 300 << 20, Used: 1_000_000, Left: 313_572_800, LeastLeft: 156_286_400},
			},
		},
		{
			Area: authv1.BudgetArea_BUDGET_AREA_FILES, Scopes: 1, PacePercent: 50, PauseEndTime: timestamppb.New(now.Add(20 * time.Second)),
			Waiting:    []*authv1.WaitingCalls{{Priority: authv1.WorkPriority_WORK_PRIORITY_RESTORE, Calls: 3}, {Priority: authv1.WorkPriority_WORK_PRIORITY_SCHEDULED, Calls: 40}},
			WaitingFor: []string{"the end of the pause that SharePoint asked for"}, WaitingEndTime: timestamppb.New(now.Add(90 * time.Second)),
		},
	}})
	want := `AREA                LIMIT                                                     USED    LEFT      LEAST
mail (2 mailboxes)  Exchange's 10,000 requests in 10 minutes for one mailbox  300     19700     9800
mail (2 mailboxes)  Exchange's 150 MiB up in 5 minutes for one mailbox        1.0 MB  313.6 MB  156.3 MB
mail (2 mailboxes)  calls in flight                                           5       3         -
files: at 50 % of the limits, since Microsoft asked to slow down; 5 % come back every half minute
files: paused for 20s, as Microsoft asked
files: calls wait (3 restore, 40 scheduled) for the end of the pause that SharePoint asked for; the last can go in 1m30s
`
	if out.String() != want {
		t.Errorf("\n%s", out.String())
	}
	out.Reset()
	printBudget(&out, &authv1.Budget{LedgerAway: true})
	if text := out.String(); !strings.Contains(text, "Redis is away") || strings.Contains(text, "free") {
		t.Errorf("%q", text)
	}
	out.Reset()
	printBudget(&out, &authv1.Budget{})
	if text := out.String(); !strings.Contains(text, "all limits are free") {
		t.Errorf("%q", text)
	}
}
