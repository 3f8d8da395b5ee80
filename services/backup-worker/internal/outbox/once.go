package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

const factAnswered = "request-answered"

// once answers a request that is repeated with the job that the first one led to. The answer is noted
// after the job: a request that dies in between asks anew when it is repeated, which may lead to one
// backup more and never to one less.
func (b *Book) once(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, request Request, ask func() (Job, error)) (Job, error) {
	if request.ID == "" {
		return ask()
	}
	key := requestKey(connection, id, request)
	job, known, err := b.answered(ctx, key)
	if known || err != nil {
		return job, err
	}
	if job, err = ask(); err != nil {
		return Job{}, err
	}
	_, err = b.store.Commit(ctx, state.Change{Key: key, Fact: factAnswered, Data: []byte(job.Key.ID)})
	if fault.Is(err, fault.Conflict) { // it came twice at a time; the answer that was noted counts
		job, _, err = b.answered(ctx, key)
	}
	return job, err
}

func (b *Book) answered(ctx context.Context, key state.Key) (Job, bool, error) {
	record, err := b.store.Get(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return Job{}, false, nil
	}
	if err != nil {
		return Job{}, false, err
	}
	job, err := b.Job(ctx, key.Connection, string(record.Data))
	return job, true, err
}

// requestKey is of one caller's id for one resource.
func requestKey(connection m365.ConnectionID, id m365.ResourceID, request Request) state.Key {
	sum := sha256.Sum256([]byte(strings.Join([]string{"backup", request.Origin.Actor, string(id), request.ID}, "\x00")))
	return state.Key{Kind: state.KindRequest, Connection: connection, ID: base64.RawURLEncoding.EncodeToString(sum[:18])}
}
