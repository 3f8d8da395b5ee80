package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

func (a *app) budget() *cobra.Command {
	var watch bool
	var every time.Duration
	command := &cobra.Command{
		Use: "budget [CONNECTION]", Short: "See how much of Microsoft's limits is used, and what waits for them", Args: cobra.MaximumNArgs(1),
		Long: `See how much of Microsoft's limits a connection uses, what is left, which calls wait by whose
priority, and when the last of them can be sent. Limits of Exchange are per mailbox: used and left
are added up over the mailboxes that were worked on lately, and LEAST is what the fullest of them has left.

Without CONNECTION: of the only one there is.`,
		Example: "  tenantkeep budget\n  tenantkeep budget Contoso --watch",
		RunE: func(command *cobra.Command, arguments []string) error {
			name, err := a.theConnection(command.Context(), strings.Join(arguments, ""))
			if err != nil {
				return err
			}
			service, err := a.budgets()
			if err != nil {
				return err
			}
			if watch {
				return a.watchBudget(command.Context(), service, &authv1.WatchBudgetRequest{Name: name + "/budget", Interval: durationpb.New(every)})
			}
			reply, err := service.GetBudget(command.Context(), &authv1.GetBudgetRequest{Name: name + "/budget"})
			if err != nil {
				return err
			}
			return a.printer().Message(reply.GetBudget(), func(out io.Writer) { printBudget(out, reply.GetBudget()) })
		},
	}
	command.Flags().BoolVar(&watch, "watch", false, "print it again each time that it has changed, until interrupted")
	command.Flags().DurationVar(&every, "every", time.Second, "how often --watch looks")
	return command
}

func (a *app) watchBudget(ctx context.Context, service authv1.BudgetServiceClient, request *authv1.WatchBudgetRequest) error {
	stream, err := service.WatchBudget(ctx, request)
	if err != nil {
		return err
	}
	for {
		update, err := stream.Recv()
		if errors.Is(err, io.EOF) || fault.Is(err, fault.Cancelled) {
			return nil
		}
		if err != nil {
			return err
		}
		budget := update.GetBudget()
		err = a.printer().Line(budget, func(out io.Writer) {
			fmt.Fprintf(out, "%s\n", show.Time(budget.GetReadTime()))
			printBudget(out, budget)
			fmt.Fprintln(out)
		})
		if err != nil {
			return err
		}
	}
}

func printBudget(out io.Writer, budget *authv1.Budget) {
	if budget.GetLedgerAway() {
		fmt.Fprintln(out, "Redis is away: each worker keeps to half of every limit, and what they use is not known here.")
	}
	if len(budget.GetAreas()) == 0 {
		if !budget.GetLedgerAway() {
			fmt.Fprintln(out, "nothing was sent lately: all limits are free")
		}
		return
	}
	var rows [][]string
	for _, area := range budget.GetAreas() {
		for _, limit := range area.GetLimits() {
			rows = append(rows, []string{areaName(area), limit.GetDescription(), units(limit, limit.GetUsed()), units(limit, limit.GetLeft()), units(limit, limit.GetLeastLeft())})
		}
		if slots := area.GetCallsInFlightLimit(); slots > 0 {
			rows = append(rows, []string{areaName(area), "calls in flight", number(area.GetCallsInFlight()), number(slots - area.GetCallsInFlight()), "-"})
		}
	}
	show.Table(out, "AREA LIMIT USED LEFT LEAST", rows)
	for _, area := range budget.GetAreas() {
		printWaiting(out, area, budget.GetReadTime())
	}
}

// printWaiting says in sentences what a table has no place for.
func printWaiting(out io.Writer, area *authv1.AreaBudget, now *timestamppb.Timestamp) {
	name := show.Word(area.GetArea(), "BUDGET_AREA_")
	if pace := area.GetPacePercent(); pace < 100 {
		fmt.Fprintf(out, "%s: at %d %% of the limits, since Microsoft asked to slow down; 5 %% come back every half minute\n", name, pace)
	}
	if end := area.GetPauseEndTime(); end != nil {
		fmt.Fprintf(out, "%s: paused for %s, as Microsoft asked\n", name, left(end, now))
	}
	if len(area.GetWaiting()) == 0 {
		return
	}
	var who []string
	for _, w := range area.GetWaiting() {
		who = append(who, fmt.Sprintf("%d %s", w.GetCalls(), show.Word(w.GetPriority(), "WORK_PRIORITY_")))
	}
	text := fmt.Sprintf("%s: calls wait (%s)", name, strings.Join(who, ", "))
	if len(area.GetWaitingFor()) > 0 {
		text += " for " + strings.Join(area.GetWaitingFor(), " and ")
	}
	if end := area.GetWaitingEndTime(); end != nil {
		text += "; the last can go in " + left(end, now)
	}
	fmt.Fprintln(out, text)
}

func left(end, now *timestamppb.Timestamp) string {
	return max(end.AsTime().Sub(now.AsTime()), 0).Round(time.Second).String()
}

func areaName(area *authv1.AreaBudget) string {
	name := show.Word(area.GetArea(), "BUDGET_AREA_")
	if area.GetArea() == authv1.BudgetArea_BUDGET_AREA_MAIL {
		name += fmt.Sprintf(" (%d mailboxes)", area.GetScopes())
	}
	return name
}

// units writes bytes as such.
func units(limit *authv1.BudgetLimit, n int64) string {
	if limit.GetName() == "upload" {
		return show.Bytes(n)
	}
	return number(n)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
