package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// editable are the paths that an update may name, and how each is taken over.
var editable = map[string]func(to, from *directoryv1.Mapping){
	"display_name": func(to, from *directoryv1.Mapping) { to.DisplayName = from.GetDisplayName() },
	"priority":     func(to, from *directoryv1.Mapping) { to.Priority = from.GetPriority() },
	"criterion":    func(to, from *directoryv1.Mapping) { to.Criterion = from.GetCriterion() },
	"profile":      func(to, from *directoryv1.Mapping) { to.Profile = from.GetProfile() },
}

// UpdateMapping changes what the mask names, or everything that can be changed if it names nothing.
func (m *Mappings) UpdateMapping(ctx context.Context, request *directoryv1.UpdateMappingRequest) (*directoryv1.UpdateMappingResponse, error) {
	given := request.GetMapping()
	connection, id, err := childNamed(given.GetName(), "mappings")
	if err != nil {
		return nil, err
	}
	paths := request.GetUpdateMask().GetPaths()
	for _, path := range paths {
		if editable[path] == nil {
			return nil, fault.New(fault.Invalid, "update mapping", path+" cannot be changed", fault.Reason("BAD_UPDATE_MASK"),
				fault.Next("display_name, priority, criterion and profile can be"))
		}
	}
	updated, err := m.directory.UpdateMapping(ctx, connection, m365.MappingID(id), actor(ctx), func(mapping *directoryv1.Mapping) error {
		if err := newest(given.GetRevision(), mapping.GetRevision()); err != nil {
			return err
		}
		for path, take := range editable {
			if len(paths) == 0 || slices.Contains(paths, path) {
				take(mapping, given)
			}
		}
		return m.check(ctx, mapping)
	})
	return &directoryv1.UpdateMappingResponse{Mapping: updated}, explain(err, id)
}

// DeleteMapping ends a mapping. Those whom no other mapping chooses are suspended by the sync that follows.
func (m *Mappings) DeleteMapping(ctx context.Context, request *directoryv1.DeleteMappingRequest) (*directoryv1.DeleteMappingResponse, error) {
	connection, id, err := childNamed(request.GetName(), "mappings")
	if err != nil {
		return nil, err
	}
	err = m.directory.DeleteMapping(ctx, connection, m365.MappingID(id), actor(ctx), func(mapping *directoryv1.Mapping) error {
		return newest(request.GetRevision(), mapping.GetRevision())
	})
	return &directoryv1.DeleteMappingResponse{}, explain(err, id)
}

const reasonStale = "REVISION_STALE"

// newest refuses a change that was decided on an old revision. It is not a Conflict yet, which the
// state would answer by trying again.
func newest(given, now int64) error {
	if given == 0 || given == now {
		return nil
	}
	return fault.New(fault.Precondition, "change mapping", fmt.Sprintf("revision %d was given, %d is the newest", given, now), fault.Reason(reasonStale))
}

func explain(err error, id string) error {
	switch {
	case fault.ReasonOf(err) == reasonStale:
		return fault.As(fault.Conflict, "", err, fault.Reason(reasonStale), fault.Next("read the mapping again and repeat the change"))
	case fault.Is(err, fault.NotFound):
		return noMapping(id)
	default:
		return err
	}
}

// PreviewMapping says what a mapping would do to whom.
func (m *Mappings) PreviewMapping(ctx context.Context, request *directoryv1.PreviewMappingRequest) (*directoryv1.PreviewMappingResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	mapping := proto.Clone(request.GetMapping()).(*directoryv1.Mapping)
	id := mappingID(connection, "")
	if name := mapping.GetName(); name != "" {
		_, saved, err := childNamed(name, "mappings")
		if err != nil {
			return nil, err
		}
		id = m365.MappingID(saved)
	}
	if mapping, err = m.complete(ctx, connection, mapping, id); err != nil {
		return nil, err
	}
	previewed, err := m.runner.Preview(ctx, connection, m.proposed(connection, mapping), id)
	if err != nil {
		return nil, err
	}
	return previewOf(previewed), nil
}

// proposed are the rules as they would be with the mapping.
func (m *Mappings) proposed(connection m365.ConnectionID, mapping *directoryv1.Mapping) directory.Rules {
	mappings := []directory.Mapping{ruleOf(mapping)}
	for entity := range m.directory.Mappings.All(connection) {
		if !strings.EqualFold(entity.Value.GetName(), mapping.GetName()) {
			mappings = append(mappings, ruleOf(entity.Value))
		}
	}
	return directory.NewRules(mappings...)
}
