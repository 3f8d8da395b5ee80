// Package audit keeps the audit trail in a JetStream stream that nobody can purge or delete from:
// subject audit.<service of the method>, the record as JSON.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Trail is the audit trail of an installation.
type Trail struct {
	js jetstream.JetStream
}

// NewTrail keeps records in the stream that bus.Bootstrap has made.
func NewTrail(js jetstream.JetStream) *Trail { return &Trail{js: js} }

// Append implements identity.Trail.
func (t *Trail) Append(ctx context.Context, record identity.Record) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fault.As(fault.Internal, "append audit record", err)
	}
	// tenantkeep.backup.v1.BackupService/StartBackup belongs to audit.backup.
	area := "other"
	if parts := strings.Split(record.Method, "."); len(parts) > 2 {
		area = parts[1]
	}
	if _, err := t.js.Publish(ctx, bus.RootAudit+"."+area, data); err != nil {
		return fault.As(fault.Transient, "append audit record", err)
	}
	return nil
}

// Newest returns up to count records, newest first, of those before the sequence (0: from the end),
// and the sequence to go on before; 0 when there are no more.
func (t *Trail) Newest(ctx context.Context, count int, before uint64) ([]identity.Record, uint64, error) {
	stream, err := t.js.Stream(ctx, bus.StreamAudit)
	if err != nil {
		return nil, 0, fault.As(fault.Transient, "read audit trail", err)
	}
	state := stream.CachedInfo().State
	if before == 0 || before > state.LastSeq {
		before = state.LastSeq + 1
	}
	var records []identity.Record
	for sequence := before - 1; sequence >= max(state.FirstSeq, 1) && len(records) < count; sequence-- {
		record, err := read(ctx, stream, sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // has aged out since
		}
		if err != nil {
			return nil, 0, fault.As(fault.Transient, "read audit trail", err)
		}
		records, before = append(records, record), sequence
	}
	if before <= max(state.FirstSeq, 1) {
		before = 0
	}
	return records, before, nil
}

func read(ctx context.Context, stream jetstream.Stream, sequence uint64) (identity.Record, error) {
	message, err := stream.GetMsg(ctx, sequence)
	if err != nil {
		return identity.Record{}, err
	}
	var record identity.Record
	return record, json.Unmarshal(message.Data, &record)
}
