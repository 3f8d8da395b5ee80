package api

import (
	"context"
	"strings"

	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// GetResource reads a resource.
func (s resources) GetResource(ctx context.Context, request *backupv1.GetResourceRequest) (*backupv1.GetResourceResponse, error) {
	connection, id, err := names.ParseResource(request.GetName())
	if err != nil {
		return nil, err
	}
	resource, err := s.book.Resource(ctx, connection, id)
	return &backupv1.GetResourceResponse{Resource: resource.Value}, err
}

// ListResources lists the resources of a connection, or of all.
func (s resources) ListResources(_ context.Context, request *backupv1.ListResourcesRequest) (*backupv1.ListResourcesResponse, error) {
	connection, err := names.ParseParent(request.GetParent())
	if err != nil {
		return nil, err
	}
	query := strings.ToLower(request.GetQuery())
	page, next, err := list(s.views.Resources, connection, request.GetPageSize(), request.GetPageToken(), func(resource outbox.Resource) bool {
		of := request.GetWorkload()
		return (of == typev1.Workload_WORKLOAD_UNSPECIFIED || of == resource.Value.GetWorkload()) &&
			strings.Contains(strings.ToLower(resource.Value.GetDisplayName()), query)
	})
	return &backupv1.ListResourcesResponse{Resources: page, NextPageToken: next}, err
}
