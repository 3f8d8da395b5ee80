package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Resources knows what is or was protected. Let [Resources.Run] run.
type Resources struct {
	projection *state.Projection[*backupv1.Resource]
}

// NewResources follows the resources in store.
func NewResources(store state.Store) *Resources {
	entities := state.NewEntities(store, state.KindResource, (*backupv1.Resource)(nil))
	return &Resources{projection: state.NewProjection(entities, state.Filter{})}
}

// Run follows until ctx ends.
func (r *Resources) Run(ctx context.Context) error { return r.projection.Run(ctx) }

// Get returns a resource; fault.NotFound.
func (r *Resources) Get(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID) (snapshot.Resource, error) {
	if err := r.ready(ctx); err != nil {
		return snapshot.Resource{}, err
	}
	entity, ok := r.projection.Get(connection, string(id))
	if !ok {
		return snapshot.Resource{}, fault.New(fault.NotFound, "find resource", fmt.Sprintf("the connection has no resource %q", id),
			fault.Reason("RESOURCE_NOT_FOUND"), fault.Next("list the resources: tenantkeep resource list"))
	}
	return resource(entity), nil
}

// List returns the resources of a connection.
func (r *Resources) List(ctx context.Context, connection m365.ConnectionID) ([]snapshot.Resource, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []snapshot.Resource
	for entity := range r.projection.All(connection) {
		all = append(all, resource(entity))
	}
	return all, nil
}

// OfUser returns the mailbox or drive of another user, named by address or object id; fault.NotFound.
func (r *Resources) OfUser(ctx context.Context, connection m365.ConnectionID, user string, workload m365.Workload) (snapshot.Resource, error) {
	all, err := r.List(ctx, connection)
	if err != nil {
		return snapshot.Resource{}, err
	}
	i := slices.IndexFunc(all, func(one snapshot.Resource) bool {
		return one.Workload == workload && (strings.EqualFold(one.Address, user) || strings.EqualFold(string(one.User), user))
	})
	if i < 0 {
		return snapshot.Resource{}, fault.New(fault.NotFound, "find user", fmt.Sprintf("the connection has no user %q with %s", user, workload))
	}
	return all[i], nil
}

func (r *Resources) ready(ctx context.Context) error {
	select {
	case <-r.projection.Ready():
		return nil
	case <-ctx.Done():
		return fault.As(fault.Transient, "read resources", ctx.Err(), fault.Next("try again in a moment: the service is starting"))
	}
}

var workloads = map[typev1.Workload]m365.Workload{
	typev1.Workload_WORKLOAD_MAIL: m365.Mail, typev1.Workload_WORKLOAD_FILES: m365.Files,
}

func resource(entity state.Entity[*backupv1.Resource]) snapshot.Resource {
	value := entity.Value
	return snapshot.Resource{
		Connection: entity.Key.Connection, ID: m365.ResourceID(entity.Key.ID), Workload: workloads[value.GetWorkload()],
		User: m365.UserID(value.GetEntraId()), Address: value.GetDisplayName(), Unit: value.GetUnit(),
	}
}
