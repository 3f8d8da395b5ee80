// Package tools pins what the build uses. It is no part of go.work, so that none of it reaches
// the versions of the product: build a tool with
//
//	GOWORK=off go build -C tools -o ../.tmp/bin/ PKG
package tools
