package rpc

import (
	"context"
	"crypto/tls"
	"io"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
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
		grpc.WithDefaultServiceConfig(retries),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	connection, err := grpc.NewClient(address, options...)
	return connection, fault.As(fault.Invalid, "dial "+address, err)
}

// retries covers a server that restarts: gRPC only repeats calls that the server never saw, or
// answered with Unavailable before it did anything.
const retries = `{"methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":5,"initialBackoff":"0.1s",` +
	`"maxBackoff":"2s","backoffMultiplier":3,"retryableStatusCodes":["UNAVAILABLE"]}}]}`

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
