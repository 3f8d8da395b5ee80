package rpc

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
)

// guard is the chain that every call passes.
type guard struct {
	tokens *identity.Tokens
	trail  identity.Trail
	log    *slog.Logger
}

func (g *guard) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultDeadline)
		defer cancel()
	}
	err = g.pass(ctx, info.FullMethod, target(request), func(ctx context.Context) error {
		reply, err = handle(ctx, request)
		return err
	})
	return reply, err
}

func (g *guard) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	return g.pass(stream.Context(), info.FullMethod, "", func(ctx context.Context) error {
		return handle(server, callerStream{stream, ctx})
	})
}

// pass runs a call for its caller, and returns an error that is ready for the wire.
func (g *guard) pass(ctx context.Context, method, target string, call func(context.Context) error) error {
	if strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/") {
		return call(ctx)
	}
	caller, err := g.caller(ctx)
	if err == nil {
		err = identity.Authorise(caller, method)
	}
	if err == nil {
		err = g.recovered(identity.WithCaller(ctx, caller), call)
	}
	if audited(method) {
		if auditErr := g.audit(ctx, caller, method, target, err); err == nil && auditErr != nil {
			err = fault.As(fault.Transient, "audit", auditErr, fault.Next("check that NATS is up, then see whether the command took effect"))
		}
	}
	if err == nil {
		return nil
	}
	if fault.Is(err, fault.Internal) {
		g.log.ErrorContext(ctx, "call failed", "method", method, "error", err, "trace_id", traceID(ctx))
	}
	return ToStatus(err).Err()
}

// recovered turns a panic into an error: one bad call must not end the work of the others.
func (g *guard) recovered(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			g.log.ErrorContext(ctx, "call panicked", "cause", cause, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "serve call", "panic")
		}
	}()
	return call(ctx)
}

// caller establishes who calls: by token if there is one, else by certificate.
func (g *guard) caller(ctx context.Context) (identity.Caller, error) {
	if fields := metadata.ValueFromIncomingContext(ctx, "authorization"); len(fields) > 0 {
		token, _ := strings.CutPrefix(fields[0], "Bearer ")
		person, err := g.tokens.Person(token)
		return identity.Caller{Person: person}, err
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return identity.Caller{}, nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return identity.Caller{}, nil
	}
	return identity.Caller{Service: pki.ServiceOf(info.State.VerifiedChains[0][0])}, nil
}

// audited tells whether a method changes something or hands out a secret. Reading is not audited.
func audited(method string) bool {
	verb := method[strings.LastIndexByte(method, '/')+1:]
	for _, reading := range []string{"List", "Watch", "Preview", "GetConnection", "GetProfile", "GetResource", "GetJob", "GetRestore", "GetUser", "GetMapping"} {
		if strings.HasPrefix(verb, reading) {
			return false
		}
	}
	return true
}

func (g *guard) audit(ctx context.Context, caller identity.Caller, method, target string, err error) error {
	from := ""
	if p, ok := peer.FromContext(ctx); ok {
		from = p.Addr.String()
	}
	// The record outlives the call: it is kept even if the caller has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return g.trail.Append(ctx, identity.Record{
		Time: time.Now().UTC(), Actor: caller.String(), Method: strings.TrimPrefix(method, "/"), Target: target,
		Peer: from, Outcome: ToStatus(err).Code().String(), TraceID: traceID(ctx),
	})
}

// target is the resource name that a request is about: its name, parent, or the field that
// carries one, as the API's rules have it.
func target(request any) string {
	message, ok := request.(proto.Message)
	if !ok {
		return ""
	}
	fields := message.ProtoReflect()
	for _, name := range []protoreflect.Name{"name", "parent", "resource", "snapshot", "connection"} {
		field := fields.Descriptor().Fields().ByName(name)
		if field == nil || field.IsList() {
			continue
		}
		if field.Kind() == protoreflect.StringKind {
			if text := fields.Get(field).String(); text != "" {
				return text
			}
		}
	}
	return ""
}

func traceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}

// callerStream is a stream whose context knows the caller.
type callerStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s callerStream) Context() context.Context { return s.ctx }
