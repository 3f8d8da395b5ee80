package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestChainKeepsWhatWasKnownFirst(t *testing.T) {
	cause := errors.New("status 429")
	inner := As(Throttled, "read page", cause, After(3*time.Second), Reason("MAILBOX_BUDGET"), Next("wait"))
	err := Wrap("back up", fmt.Errorf("folder: %w", inner))

	if got := err.Error(); got != "back up: folder: read page: status 429" {
		t.Errorf("text %q", got)
	}
	if KindOf(err) != Throttled || ReasonOf(err) != "MAILBOX_BUDGET" || NextOf(err) != "wait" || RetryAfterOf(err) != 3*time.Second {
		t.Errorf("kind %v, reason %q, next %q, wait %v", KindOf(err), ReasonOf(err), NextOf(err), RetryAfterOf(err))
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := Sentence(err); got != "back up: folder: read page: status 429. Next: wait" {
		t.Errorf("sentence %q", got)
	}
}

func TestUnclassified(t *testing.T) {
	for _, test := range []struct {
		err   error
		want  Kind
		again bool
	}{
		{errors.New("x"), Internal, false},
		{context.Canceled, Cancelled, true},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), Transient, true},
		{As(Invalid, "op", context.Canceled), Invalid, false},
	} {
		if got := KindOf(test.err); got != test.want || Retryable(test.err) != test.again {
			t.Errorf("%v: kind %v, retryable %v", test.err, got, Retryable(test.err))
		}
	}
	if Is(nil, Internal) || Wrap("op", nil) != nil || As(Invalid, "op", nil) != nil {
		t.Error("no error became one")
	}
}
