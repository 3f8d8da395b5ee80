// Package msgraph runs Microsoft's Graph SDK for Go against m365sim: its request builders and
// models, its page iterator, its own middleware (retries, redirects, compression, telemetry) and
// sign-in by azidentity, which insists on https. Only the address and the authority are told to
// it. What it counts is compared with what the simulator says is there.
//
// The SDK's root client is not used: it would compile every request builder there is.
package msgraph
