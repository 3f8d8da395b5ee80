package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTasksOfOneKeyKeepTheirOrder(t *testing.T) {
	crew := NewCrew(t.Context(), 4)
	var mu sync.Mutex
	done := map[string][]int{}
	var after sync.WaitGroup
	for i := range 500 {
		key := fmt.Sprint("k", i%7)
		err := crew.Give(key, &after, func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			done[key] = append(done[key], i)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	after.Wait()
	if err := crew.Close(); err != nil {
		t.Fatal(err)
	}
	for key, order := range done {
		if !slices.IsSorted(order) {
			t.Errorf("%s: %v", key, order)
		}
	}
}

func TestNothingIsDoneAfterAnError(t *testing.T) {
	broken := errors.New("broken")
	crew := NewCrew(t.Context(), 1)
	if err := crew.Do("a", func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := crew.Do("b", func(context.Context) error { t.Error("done"); return nil }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := crew.Close(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestTheEndOfTheContextEndsACrew(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	crew := NewCrew(ctx, 1)
	var after sync.WaitGroup
	cancel()
	if err := crew.Give("a", &after, func(context.Context) error { t.Error("done"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	after.Wait()
	if err := crew.Close(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPositionRoundTrip(t *testing.T) {
	for _, want := range []Position{{}, {Link: "https://graph/x?y=<z>&"}, {Again: true, Run: "r"}} {
		got, known, err := ParsePosition(want.Marshal())
		if diff := cmp.Diff(want, got); diff != "" || !known || err != nil {
			t.Error(diff, known, err)
		}
	}
	if _, known, err := ParsePosition(nil); known || err != nil {
		t.Error(known, err)
	}
}
