// Package api answers the gRPC services of notifier: ChannelService, RuleService, DeliveryService and
// EventService.
package api
