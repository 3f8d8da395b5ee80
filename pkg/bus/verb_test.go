package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestVerbs(t *testing.T) {
	for _, test := range []struct {
		err       error
		delivered int
		want      bus.Settlement
	}{
		{nil, 1, bus.Settlement{Verb: bus.Ack}},
		{fault.New(fault.NotFound, "", ""), 1, bus.Settlement{Verb: bus.Ack}},
		{fault.New(fault.Exists, "", ""), 1, bus.Settlement{Verb: bus.Ack}},
		{fault.New(fault.Invalid, "", ""), 1, bus.Settlement{Verb: bus.Dead}},
		{fault.New(fault.Unsupported, "", ""), 1, bus.Settlement{Verb: bus.Dead}},
		{fault.New(fault.Unauthentic, "", ""), 1, bus.Settlement{Verb: bus.Dead}},
		{fault.New(fault.Permission, "", ""), 1, bus.Settlement{Verb: bus.Dead}},
		{fault.New(fault.Precondition, "", ""), 1, bus.Settlement{Verb: bus.Dead}},
		{context.Canceled, 1, bus.Settlement{Verb: bus.Again}},
		{fault.New(fault.Conflict, "", ""), 1, bus.Settlement{Verb: bus.Again, Wait: 250 * time.Millisecond}},
		{fault.New(fault.Resync, "", ""), 2, bus.Settlement{Verb: bus.Again, Wait: 500 * time.Millisecond}},
		{fault.New(fault.Transient, "", ""), 5, bus.Settlement{Verb: bus.Again, Wait: 4 * time.Second}},
		{fault.New(fault.Exhausted, "", ""), 100, bus.Settlement{Verb: bus.Again, Wait: 5 * time.Minute}},
		{fault.New(fault.Throttled, "", "", fault.After(time.Minute)), 1, bus.Settlement{Verb: bus.Again, Wait: time.Minute}},
		{errors.New("defect"), 7, bus.Settlement{Verb: bus.Again, Wait: 16 * time.Second}},
		{errors.New("defect"), 8, bus.Settlement{Verb: bus.Dead}},
	} {
		if got := bus.Settle(test.err, test.delivered); got != test.want {
			t.Errorf("%v at delivery %d: %+v, want %+v", fault.KindOf(test.err), test.delivered, got, test.want)
		}
	}
}
