// Package api answers the gRPC calls of restore-worker: it reads names and messages, asks the
// domain, and writes messages. Errors leave as faults, which package rpc translates.
package api
