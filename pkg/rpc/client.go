package rpc

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Dial prepares calls to the server at address, host:port; it connects at the first one and again
// whenever the connection is lost. Token is a person's bearer token, or empty for a service, whose
// certificate is in the TLS configuration. Errors of calls are those of package fault.
func Dial(address string, config *tls.Config, token string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithChainUnaryInterceptor(unaryFault),
		grpc.WithChainStreamInterceptor(streamFault),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithDefaultServiceConfig(retries()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	connection, err := grpc.NewClient(address, options...)
	return connection, fault.As(fault.Invalid, "dial "+address, err)
}

// retries covers a server that restarts. Calls that only read, and those that may be repeated at will, are
// repeated when no server answers. A command is not: it may have been carried out although its answer was
// lost, and only who gave it knows whether giving it again is harmless. gRPC itself still repeats what a
// server never saw.
var retries = sync.OnceValue(func() string {
	var names []map[string]string
	for method := range identity.Policy {
		if service, name, _ := strings.Cut(method[1:], "/"); repeatable(name) {
			names = append(names, map[string]string{"service": service, "method": name})
		}
	}
	text, err := json.Marshal(map[string]any{"methodConfig": []any{map[string]any{
		"name": names,
		"retryPolicy": map[string]any{
			"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 3, "retryableStatusCodes": []string{"UNAVAILABLE"},
		},
	}}})
	if err != nil {
		panic(err) // maps of text always marshal
	}
	return string(text)
})

// repeatable tells whether calling the method twice is the same as calling it once. A unit has one first
// key, whoever asks for it how often.
func repeatable(name string) bool {
	for _, verb := range []string{"Get", "List", "Preview", "Search", "Watch", "OpenUnitKey", "CreateUnitKey"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

func unaryFault(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return FromStatus(method, invoke(ctx, method, request, reply, connection, options...))
}

func streamFault(ctx context.Context, desc *grpc.StreamDesc, connection *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, connection, method, options...)
	if err != nil {
		return nil, FromStatus(method, err)
	}
	return faultStream{stream, method}, nil
}

// faultStream translates the errors of a stream but its end.
type faultStream struct {
	grpc.ClientStream
	method string
}

func (s faultStream) RecvMsg(message any) error {
	return translate(s.method, s.ClientStream.RecvMsg(message))
}

func (s faultStream) SendMsg(message any) error {
	return translate(s.method, s.ClientStream.SendMsg(message))
}

// translate keeps io.EOF, which is how gRPC says that a stream has ended well.
func translate(method string, err error) error {
	if err == io.EOF { //nolint:errorlint // gRPC returns the bare value, and callers compare with it
		return err
	}
	return FromStatus(method, err)
}
