// Package peer calls the other services.
package peer

import (
	"context"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// Restores are restore-worker's.
type Restores struct {
	client restorev1.RestoreServiceClient
}

// NewRestores returns restore-worker's restores; connection is the one to that service.
func NewRestores(connection grpc.ClientConnInterface) *Restores {
	return &Restores{client: restorev1.NewRestoreServiceClient(connection)}
}

// Cancel asks for the end of a restore and returns it as it is then.
func (r *Restores) Cancel(ctx context.Context, connection m365.ConnectionID, id string) (*restorev1.Restore, error) {
	reply, err := r.client.CancelRestore(ctx, &restorev1.CancelRestoreRequest{Name: names.Restore(connection, id)})
	return reply.GetRestore(), fault.Wrap("cancel restore", err)
}
