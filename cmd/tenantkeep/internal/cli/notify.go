package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
)

func (a *app) channel() *cobra.Command {
	return group("channel", "Say how people and programs are reached", a.channelAddEmail(), a.channelAddWebhook(), a.channelList(), a.channelTest(), a.channelRemove())
}

func (a *app) channelAddEmail() *cobra.Command {
	email := &notifyv1.Email{}
	request := &notifyv1.CreateChannelRequest{Channel: &notifyv1.Channel{Kind: &notifyv1.Channel_Email{Email: email}}}
	command := &cobra.Command{
		Use: "add-email", Short: "Add a channel that sends e-mail; TENANTKEEP_SMTP_PASSWORD holds the password, if there is one", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			request.Secret = os.Getenv("TENANTKEEP_SMTP_PASSWORD")
			return a.addChannel(command, request)
		},
	}
	command.Flags().StringVar(&request.Channel.DisplayName, "name", "", "what people call it")
	command.Flags().StringVar(&email.Server, "server", "", "host:port of the SMTP server")
	command.Flags().StringVar(&email.From, "from", "", "sender")
	command.Flags().StringSliceVar(&email.To, "to", nil, "recipients")
	command.Flags().StringVar(&email.Username, "username", "", "sign in to the server as")
	return command
}

func (a *app) channelAddWebhook() *cobra.Command {
	webhook := &notifyv1.Webhook{}
	request := &notifyv1.CreateChannelRequest{Channel: &notifyv1.Channel{Kind: &notifyv1.Channel_Webhook{Webhook: webhook}}}
	command := &cobra.Command{
		Use: "add-webhook URL", Short: "Add a channel that posts signed JSON; its secret is TENANTKEEP_WEBHOOK_SECRET, or made and shown once", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			webhook.Url, request.Secret = arguments[0], os.Getenv("TENANTKEEP_WEBHOOK_SECRET")
			return a.addChannel(command, request)
		},
	}
	command.Flags().StringVar(&request.Channel.DisplayName, "name", "", "what people call it")
	return command
}

func (a *app) addChannel(command *cobra.Command, request *notifyv1.CreateChannelRequest) error {
	service, err := a.channels()
	if err != nil {
		return err
	}
	reply, err := service.CreateChannel(command.Context(), request)
	if err != nil {
		return err
	}
	return a.printer().Message(reply, func(out io.Writer) {
		fmt.Fprintln(out, reply.GetChannel().GetName())
		if reply.GetSigningSecret() != "" {
			fmt.Fprintf(out, "signing secret, shown this once: %s\n", reply.GetSigningSecret())
		}
	})
}

func (a *app) channelList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the channels", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.channels()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &notifyv1.ListChannelsRequest{}, service.ListChannels)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) {
				var rows [][]string
				for _, c := range all.GetChannels() {
					way := c.GetWebhook().GetUrl()
					if email := c.GetEmail(); email != nil {
						way = "mail to " + strings.Join(email.GetTo(), ",")
					}
					rows = append(rows, []string{show.Last(c.GetName()), c.GetDisplayName(), way})
				}
				show.Table(out, "ID NAME REACHES", rows)
			})
		},
	}
}

func (a *app) channelTest() *cobra.Command {
	return &cobra.Command{
		Use: "test CHANNEL", Short: "Send a test message", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			service, err := a.channels()
			if err != nil {
				return err
			}
			reply, err := service.TestChannel(command.Context(), &notifyv1.TestChannelRequest{Name: prefixed("channels", arguments[0])})
			if err != nil {
				return err
			}
			delivery := reply.GetDelivery()
			err = a.printer().Message(reply, func(out io.Writer) { printDeliveries(out, []*notifyv1.Delivery{delivery}) })
			if err == nil && delivery.GetState() != notifyv1.DeliveryState_DELIVERY_STATE_SUCCEEDED {
				return fault.New(fault.Precondition, "test channel", delivery.GetProblem().GetCause(), fault.Next(delivery.GetProblem().GetNext()))
			}
			return err
		},
	}
}

func (a *app) channelRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove CHANNEL", Short: "Remove a channel", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			service, err := a.channels()
			if err != nil {
				return err
			}
			_, err = service.DeleteChannel(command.Context(), &notifyv1.DeleteChannelRequest{Name: prefixed("channels", arguments[0])})
			return err
		},
	}
}
