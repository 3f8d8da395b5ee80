package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// After returns a registrar of services that answer once ready has returned: what a service has not
// read yet must not be missing in a list, nor in what a command does to everything. Callers wait up to
// [maxWait]; the error then is Transient.
func After(ready func(context.Context) error, registrar grpc.ServiceRegistrar) grpc.ServiceRegistrar {
	return &after{ready, registrar}
}

// maxWait is more than reading takes when all is well.
const maxWait = 20 * time.Second

type after struct {
	ready     func(context.Context) error
	registrar grpc.ServiceRegistrar
}

// RegisterService implements grpc.ServiceRegistrar.
func (a *after) RegisterService(service *grpc.ServiceDesc, implementation any) {
	held := *service
	held.Methods = make([]grpc.MethodDesc, len(service.Methods))
	for i, method := range service.Methods {
		held.Methods[i] = grpc.MethodDesc{MethodName: method.MethodName, Handler: a.unary(method.Handler)}
	}
	held.Streams = make([]grpc.StreamDesc, len(service.Streams))
	for i, stream := range service.Streams {
		held.Streams[i] = stream
		held.Streams[i].Handler = a.stream(stream.Handler)
	}
	a.registrar.RegisterService(&held, implementation)
}

// unary waits behind the interceptors: who may not call at all is told so at once.
func (a *after) unary(handle grpc.MethodHandler) grpc.MethodHandler {
	wait := func(next grpc.UnaryHandler) grpc.UnaryHandler {
		return func(ctx context.Context, request any) (any, error) {
			if err := a.wait(ctx); err != nil {
				return nil, err
			}
			return next(ctx, request)
		}
	}
	return func(service any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		return handle(service, ctx, decode, func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if intercept == nil {
				return wait(next)(ctx, request)
			}
			return intercept(ctx, request, info, wait(next))
		})
	}
}

func (a *after) stream(handle grpc.StreamHandler) grpc.StreamHandler {
	return func(service any, stream grpc.ServerStream) error {
		if err := a.wait(stream.Context()); err != nil {
			return err
		}
		return handle(service, stream)
	}
}

func (a *after) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	if err := a.ready(ctx); err != nil {
		return fault.As(fault.Transient, "answer", err, fault.Next("try again in a moment: the service is starting"))
	}
	return nil
}
