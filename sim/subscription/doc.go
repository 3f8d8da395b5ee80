// Package subscription is change notifications: subscriptions that clients make, renew and delete,
// and the notices that are really posted to them when mail, a drive, users or groups change.
//
//	POST /subscriptions -> validation of each address: POST ?validationToken=..., echoed within 10 s
//	change -> queue of the subscription -> POST {"value": [notice, ...]}, answered with 2xx within 3 s,
//	          or tried again, later and later, for up to 4 hours; then it is lost
//
// A subscription is about one resource:
//
//	users/{id}/messages, users/{id}/mailFolders('{id}')/messages   created, updated, deleted
//	drives/{id}/root, users/{id}/drive/root                        updated
//	users, users/{id}, groups, groups/{id}                         created, updated, deleted
//
// Once it expires it is gone. Lifecycle notices (reauthorizationRequired, subscriptionRemoved,
// missed) go to lifecycleNotificationUrl when a test asks for them (POST /sim/lifecycle); missed
// also when a notice about mail is lost. After reauthorizationRequired nothing is posted until the
// subscription is reauthorized or renewed.
//
// Addresses may be http, which Graph does not take. Not simulated: resource data in notices, and
// the slowing down of endpoints that answer slowly.
//
// Sources:
//   - https://learn.microsoft.com/graph/api/resources/subscription (lifetimes, resources)
//   - https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
//   - https://learn.microsoft.com/graph/change-notifications-lifecycle-events
package subscription
