// Package notifier is the service that tells people and programs what happens.
//
//	events -> inbox -> delivery (rules) -> outbox (queued deliveries)
//	queued and due -> delivery -> smtp | webhook -> outbox (how it went)
//	ChannelService, RuleService, DeliveryService  api -> outbox, sealed (secrets of channels)
//	EventService                                  api -> the stream of events, live or from a cursor
//	events -> twin: the same facts as JSON
//
// Several processes share the work: the stream of events gives each fact to one of them, and a try of a
// delivery is claimed before it is made.
package notifier
