package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// kinds are all there are: the one after the last has no name.
func kinds() []fault.Kind {
	var all []fault.Kind
	for kind := fault.Kind(0); !strings.HasPrefix(kind.String(), "kind("); kind++ {
		all = append(all, kind)
	}
	return all
}

func TestEveryKindCrossesTheWire(t *testing.T) {
	if len(codeOf) != len(kinds()) {
		t.Fatalf("%d kinds, %d codes", len(kinds()), len(codeOf))
	}
	for _, kind := range kinds() {
		sent := fault.Wrap("outer", fault.New(kind, "inner", "hunter2", fault.Reason("SOME_REASON"), fault.Next("do this"), fault.After(1500*time.Millisecond)))
		got := FromStatus("/pkg.S/M", ToStatus(sent).Err())
		if !fault.Is(got, kind) || fault.ReasonOf(got) != "SOME_REASON" || fault.NextOf(got) != "do this" || fault.RetryAfterOf(got) != 1500*time.Millisecond {
			t.Errorf("%v: %v, reason %q, next %q, after %v", kind, fault.KindOf(got), fault.ReasonOf(got), fault.NextOf(got), fault.RetryAfterOf(got))
		}
		if secret := kind == fault.Internal; strings.Contains(got.Error(), "hunter2") == secret {
			t.Errorf("%v: text %q", kind, got)
		}
	}
}

func TestErrorsThatNobodyClassified(t *testing.T) {
	for _, test := range []struct {
		err  error
		code codes.Code
		kind fault.Kind
	}{
		{errors.New("password is hunter2"), codes.Internal, fault.Internal},
		{fmt.Errorf("call: %w", context.Canceled), codes.Canceled, fault.Cancelled},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), codes.Unavailable, fault.Transient},
		{status.Error(codes.OutOfRange, "beyond"), codes.OutOfRange, fault.Invalid},
		{status.Error(codes.DataLoss, "lost"), codes.DataLoss, fault.Internal},
	} {
		s := ToStatus(test.err)
		if s.Code() != test.code || strings.Contains(s.Message(), "hunter2") {
			t.Errorf("%v: %v %q", test.err, s.Code(), s.Message())
		}
		if got := FromStatus("/m", s.Err()); !fault.Is(got, test.kind) {
			t.Errorf("%v: %v", test.err, fault.KindOf(got))
		}
	}
	if ToStatus(nil).Code() != codes.OK || FromStatus("/m", nil) != nil {
		t.Error("no error became one")
	}
}

// TestForeignStatusesFindAKind covers servers that send no details, such as a proxy's.
func TestForeignStatusesFindAKind(t *testing.T) {
	for code, want := range map[codes.Code]fault.Kind{
		codes.InvalidArgument: fault.Invalid, codes.OutOfRange: fault.Invalid, codes.Unimplemented: fault.Unsupported,
		codes.NotFound: fault.NotFound, codes.AlreadyExists: fault.Exists, codes.Unauthenticated: fault.Unauthentic,
		codes.PermissionDenied: fault.Permission, codes.Aborted: fault.Conflict, codes.FailedPrecondition: fault.Precondition,
		codes.ResourceExhausted: fault.Exhausted, codes.Unavailable: fault.Transient, codes.DeadlineExceeded: fault.Transient,
		codes.Canceled: fault.Cancelled, codes.Unknown: fault.Internal,
	} {
		if got := fault.KindOf(FromStatus("/m", status.Error(code, "x"))); got != want {
			t.Errorf("%v: %v instead of %v", code, got, want)
		}
	}
}
