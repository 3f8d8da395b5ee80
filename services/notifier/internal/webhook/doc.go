// Package webhook posts messages, signed after the Standard Webhooks specification, version 1:
//
//	webhook-id         the delivery's id, the same for every try
//	webhook-timestamp  seconds since 1970
//	webhook-signature  v1,<base64 of HMAC-SHA256(secret, id "." timestamp "." body)>
//
// A secret is whsec_ and the base64 of 24 to 64 bytes. Any answer of 2xx is success, 410 means that the
// receiver wants no more, everything else is tried again. Redirects are not followed: a signed message goes
// where it was meant to go.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package webhook
