// Package sealed keeps the secrets of channels (SMTP passwords, signing secrets) in a bucket that no other
// service may read. Each channel has one, perhaps an empty one, under which reference the channel itself is
// named: a channel is never without its secret, and a secret without its channel is swept away.
package sealed
