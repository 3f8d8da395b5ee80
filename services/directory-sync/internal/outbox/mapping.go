package outbox

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// MappingOf reads a mapping out of its message.
func MappingOf(message *directoryv1.Mapping) directory.Mapping {
	mapping := directory.Mapping{
		ID: m365.MappingID(last(message.GetName())), Name: message.GetDisplayName(),
		Priority: int(message.GetPriority()), Profile: m365.ProfileID(last(message.GetProfile())),
	}
	switch criterion := message.GetCriterion().GetKind().(type) {
	case *directoryv1.Criterion_AllUsers:
		mapping.Criterion.Everybody = true
	case *directoryv1.Criterion_Group:
		mapping.Criterion.Group = m365.GroupID(criterion.Group.GetGroupId())
	case *directoryv1.Criterion_Attribute:
		mapping.Criterion.Attribute = directory.Attribute(criterion.Attribute.GetAttribute())
		mapping.Criterion.Value = criterion.Attribute.GetValue()
	}
	return mapping
}

// CreateMapping writes a new mapping; Exists if its id is taken.
func (d *Directory) CreateMapping(ctx context.Context, connection m365.ConnectionID, message *directoryv1.Mapping, actor string) (*directoryv1.Mapping, error) {
	entity, err := d.mappings.Create(ctx, connection, last(message.GetName()), "mapping-created", message, commanded(actor))
	return d.seen(ctx, entity, err)
}

// UpdateMapping edits a mapping; edit may be called again.
func (d *Directory) UpdateMapping(ctx context.Context, connection m365.ConnectionID, id m365.MappingID, actor string, edit func(*directoryv1.Mapping) error) (*directoryv1.Mapping, error) {
	entity, err := d.mappings.Update(ctx, connection, string(id), commanded(actor), func(message *directoryv1.Mapping) (string, error) {
		return "mapping-updated", edit(message)
	})
	return d.seen(ctx, entity, err)
}

// DeleteMapping ends a mapping.
func (d *Directory) DeleteMapping(ctx context.Context, connection m365.ConnectionID, id m365.MappingID, actor string, check func(*directoryv1.Mapping) error) error {
	entity, err := d.mappings.Decide(ctx, connection, string(id), commanded(actor), func(entity mappingEntity) (state.Decision, error) {
		return state.Decision{Fact: "mapping-deleted", Remove: true}, check(entity.Value)
	})
	_, err = d.seen(ctx, entity, err)
	return err
}

// seen waits until the write can be read back.
func (d *Directory) seen(ctx context.Context, entity mappingEntity, err error) (*directoryv1.Mapping, error) {
	if err != nil {
		return nil, err
	}
	return entity.Value, d.Mappings.WaitFor(ctx, entity.Sequence)
}

func commanded(actor string) state.Origin { return state.Origin{Cause: "command", Actor: actor} }
