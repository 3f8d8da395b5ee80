package rpc

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const domain = "tenantkeep"

var codeOf = map[fault.Kind]codes.Code{
	fault.Internal:     codes.Internal,
	fault.Invalid:      codes.InvalidArgument,
	fault.Unsupported:  codes.Unimplemented,
	fault.NotFound:     codes.NotFound,
	fault.Exists:       codes.AlreadyExists,
	fault.Unauthentic:  codes.Unauthenticated,
	fault.Permission:   codes.PermissionDenied,
	fault.Conflict:     codes.Aborted,
	fault.Resync:       codes.FailedPrecondition,
	fault.Precondition: codes.FailedPrecondition,
	fault.Throttled:    codes.ResourceExhausted,
	fault.Exhausted:    codes.ResourceExhausted,
	fault.Transient:    codes.Unavailable,
	fault.Cancelled:    codes.Canceled,
}

// kindNamed finds the exact kind again where two kinds share a code.
var kindNamed = func() map[string]fault.Kind {
	names := make(map[string]fault.Kind, len(codeOf))
	for kind := range codeOf {
		names[kind.String()] = kind
	}
	return names
}()

// ToStatus makes the status that crosses the wire. The text of an Internal error does not.
func ToStatus(err error) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	var e *fault.Error
	if !errors.As(err, &e) {
		if s, ok := status.FromError(err); ok {
			return s
		}
	}
	kind := fault.KindOf(err)
	text := err.Error()
	if kind == fault.Internal {
		text = "internal error; the server's log has the cause under this call's trace id"
	}
	info := &errdetails.ErrorInfo{Domain: domain, Reason: fault.ReasonOf(err), Metadata: map[string]string{"kind": kind.String()}}
	if next := fault.NextOf(err); next != "" {
		info.Metadata["next"] = next
	}
	s := status.New(codeOf[kind], text)
	detailed, detailErr := s.WithDetails(info)
	if wait := fault.RetryAfterOf(err); wait > 0 && detailErr == nil {
		detailed, detailErr = detailed.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	if detailErr != nil {
		return s // details are a courtesy; the code and the text are the answer
	}
	return detailed
}

// FromStatus makes an error of package fault from what a call returned.
func FromStatus(method string, err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return fault.Wrap(method, err)
	}
	kind, options := kindOfCode(s.Code()), []fault.Option(nil)
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if exact, known := kindNamed[d.GetMetadata()["kind"]]; known {
				kind = exact
			}
			options = append(options, fault.Reason(d.GetReason()), fault.Next(d.GetMetadata()["next"]))
		case *errdetails.RetryInfo:
			options = append(options, fault.After(d.GetRetryDelay().AsDuration()))
		}
	}
	return fault.As(kind, "", wireError{text: s.Message(), cause: err}, options...)
}

// wireError reads as the server wrote it, and still is the status that gRPC returned.
type wireError struct {
	text  string
	cause error
}

func (e wireError) Error() string { return e.text }
func (e wireError) Unwrap() error { return e.cause }

func kindOfCode(code codes.Code) fault.Kind {
	switch code {
	case codes.InvalidArgument, codes.OutOfRange:
		return fault.Invalid
	case codes.Unimplemented:
		return fault.Unsupported
	case codes.NotFound:
		return fault.NotFound
	case codes.AlreadyExists:
		return fault.Exists
	case codes.Unauthenticated:
		return fault.Unauthentic
	case codes.PermissionDenied:
		return fault.Permission
	case codes.Aborted:
		return fault.Conflict
	case codes.FailedPrecondition:
		return fault.Precondition
	case codes.ResourceExhausted:
		return fault.Exhausted
	case codes.Unavailable, codes.DeadlineExceeded:
		return fault.Transient
	case codes.Canceled:
		return fault.Cancelled
	default:
		return fault.Internal
	}
}

// defaultDeadline bounds calls whose caller set none; streams are left alone.
const defaultDeadline = 5 * time.Minute
