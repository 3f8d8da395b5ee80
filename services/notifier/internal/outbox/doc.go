// Package outbox keeps channels, rules and deliveries in the state of the platform, where they are facts:
//
//	st.channel._.<id>.channel-created | channel-deleted
//	st.rule._.<id>.rule-created | rule-deleted
//	st.delivery.<connection>.<id>.delivery-queued | -attempted | -succeeded | -failed   (30 days)
package outbox
