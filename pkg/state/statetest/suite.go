// Package statetest holds what every implementation of state.Store promises, as tests.
package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// Run tests the stores that open returns: each call an empty one.
func Run(t *testing.T, open func(t *testing.T) state.Store) {
	for name, test := range map[string]func(*testing.T, *bench){
		"create once":                      createOnce,
		"change follows what was read":     changeFollows,
		"facts of one entity share a turn": factsShareATurn,
		"removed is not found":             removedIsNotFound,
		"batch is all or nothing":          batchIsAllOrNothing,
		"batch of the largest size":        largestBatch,
		"refuses what cannot be":           refusesWhatCannotBe,
		"increments are not lost":          incrementsAreNotLost,
		"batches are not lost":             batchesAreNotLost,
		"list shows the newest":            listShowsTheNewest,
		"list of nothing":                  listOfNothing,
		"watch catches up and goes on":     watchCatchesUp,
		"watch from a sequence":            watchFromASequence,
		"watch chooses":                    watchChooses,
		"watch ends with its handler":      watchEndsWithItsHandler,
		"prune keeps the newest":           pruneKeepsTheNewest,
		"expiry takes all of an entity":    expiryTakesAll,
		"incarnation stays":                incarnationStays,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			test(t, &bench{T: t, ctx: ctx, store: open(t)})
		})
	}
}

// bench is one test at a store.
type bench struct {
	*testing.T
	ctx   context.Context
	store state.Store
}

const connection m365.ConnectionID = "c1"

func user(id string) state.Key {
	return state.Key{Kind: state.KindUser, Connection: connection, ID: id}
}

// shortLived is a kind that expires while a test waits; a second is the least a server can do.
var shortLived = state.Kind{Name: "shortlived", TTL: time.Second}

func (b *bench) commit(changes ...state.Change) []state.Record {
	b.Helper()
	records, err := b.store.Commit(b.ctx, changes...)
	if err != nil {
		b.Fatal(err)
	}
	return records
}

func (b *bench) put(key state.Key, fact, data string, expect uint64) state.Record {
	b.Helper()
	return b.commit(state.Change{Key: key, Fact: fact, Data: []byte(data), Expect: expect})[0]
}

func (b *bench) get(key state.Key) state.Record {
	b.Helper()
	record, err := b.store.Get(b.ctx, key)
	if err != nil {
		b.Fatal(err)
	}
	return record
}

func (b *bench) list(kind state.Kind, of m365.ConnectionID) []state.Record {
	b.Helper()
	var all []state.Record
	for record, err := range b.store.List(b.ctx, kind, of) {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, record)
	}
	return all
}
