package api

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/identity/audit"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// Audit answers AuditService.
type Audit struct {
	authv1.UnimplementedAuditServiceServer
	Trail *audit.Trail
}

// ListAuditRecords implements authv1.AuditServiceServer.
func (s *Audit) ListAuditRecords(ctx context.Context, r *authv1.ListAuditRecordsRequest) (*authv1.ListAuditRecordsResponse, error) {
	size, err := pageSize(r.GetPageSize())
	if err != nil {
		return nil, err
	}
	before, err := readSequence(r.GetPageToken())
	if err != nil {
		return nil, err
	}
	records, next, err := s.Trail.Newest(ctx, size, before)
	if err != nil {
		return nil, err
	}
	reply := &authv1.ListAuditRecordsResponse{NextPageToken: writeSequence(next)}
	for _, record := range records {
		reply.Records = append(reply.Records, &authv1.AuditRecord{
			Time: timestamppb.New(record.Time), Actor: record.Actor, Method: record.Method, Target: record.Target,
			Peer: record.Peer, Outcome: record.Outcome, TraceId: record.TraceID,
		})
	}
	return reply, nil
}
