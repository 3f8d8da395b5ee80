package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
)

func (a *app) rule() *cobra.Command {
	return group("rule", "Say which facts a channel is told of", a.ruleAdd(), a.ruleList(), a.ruleRemove())
}

func (a *app) ruleAdd() *cobra.Command {
	rule := &notifyv1.Rule{}
	command := &cobra.Command{
		Use: "add CHANNEL EVENT...", Short: `Tell a channel of events such as backup-failed; "*" for all`, Args: cobra.MinimumNArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			rule.Channel, rule.Events = prefixed("channels", arguments[0]), arguments[1:]
			service, err := a.rules()
			if err != nil {
				return err
			}
			reply, err := service.CreateRule(command.Context(), &notifyv1.CreateRuleRequest{Rule: rule})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { fmt.Fprintln(out, reply.GetRule().GetName()) })
		},
	}
	command.Flags().StringVar(&rule.Connection, "connection", "", "of one connection, by resource name (default: all)")
	return command
}

func (a *app) ruleList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the rules", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.rules()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &notifyv1.ListRulesRequest{}, service.ListRules)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) {
				var rows [][]string
				for _, r := range all.GetRules() {
					rows = append(rows, []string{show.Last(r.GetName()), show.Last(r.GetChannel()), strings.Join(r.GetEvents(), ","), r.GetConnection()})
				}
				show.Table(out, "ID CHANNEL EVENTS CONNECTION", rows)
			})
		},
	}
}

func (a *app) ruleRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove RULE", Short: "Remove a rule", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			service, err := a.rules()
			if err != nil {
				return err
			}
			_, err = service.DeleteRule(command.Context(), &notifyv1.DeleteRuleRequest{Name: prefixed("rules", arguments[0])})
			return err
		},
	}
}

func (a *app) delivery() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List deliveries, newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.deliveries()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &notifyv1.ListDeliveriesRequest{}, service.ListDeliveries)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printDeliveries(out, all.GetDeliveries()) })
		},
	}
	return group("delivery", "See what was sent", list)
}

func printDeliveries(out io.Writer, deliveries []*notifyv1.Delivery) {
	var rows [][]string
	for _, d := range deliveries {
		rows = append(rows, []string{show.Time(d.GetCreateTime()), d.GetEvent(), show.Last(d.GetChannel()),
			show.Word(d.GetState(), "DELIVERY_STATE_"), strconv.Itoa(int(d.GetAttempts())), d.GetProblem().GetCause()})
	}
	show.Table(out, "TIME EVENT CHANNEL STATE TRIES PROBLEM", rows)
}
