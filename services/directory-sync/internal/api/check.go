package api

import (
	"context"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/outbox"
)

func ruleOf(mapping *directoryv1.Mapping) directory.Mapping { return outbox.MappingOf(mapping) }

// check refuses a mapping that can choose nobody, or whose profile is not there.
func (m *Mappings) check(ctx context.Context, mapping *directoryv1.Mapping) error {
	if mapping.GetPriority() < 1 {
		return invalid("the priority is below 1", "give a priority from 1, or 0 for the last place")
	}
	if err := checkCriterion(mapping.GetCriterion()); err != nil {
		return err
	}
	profile, err := profileNamed(mapping.GetProfile())
	if err != nil {
		return err
	}
	return m.directory.HasProfile(ctx, profile)
}

func checkCriterion(criterion *directoryv1.Criterion) error {
	switch kind := criterion.GetKind().(type) {
	case *directoryv1.Criterion_AllUsers:
		return nil
	case *directoryv1.Criterion_Group:
		if id := kind.Group.GetGroupId(); id == "" || strings.ContainsAny(id, " '@/") {
			return invalid("\""+id+"\" is no group's object id", "copy the object id from the group's page in Entra")
		}
		return nil
	case *directoryv1.Criterion_Attribute:
		return checkAttribute(kind.Attribute)
	default:
		return invalid("it has no criterion", "choose all users, a group or an attribute")
	}
}

func checkAttribute(attribute *directoryv1.AttributeEquals) error {
	if !slices.Contains(directory.Attributes, directory.Attribute(attribute.GetAttribute())) {
		known := make([]string, len(directory.Attributes))
		for i, name := range directory.Attributes {
			known[i] = string(name)
		}
		return invalid("attribute \""+attribute.GetAttribute()+"\" is not known", "choose one of "+strings.Join(known, ", "))
	}
	if attribute.GetValue() == "" {
		return invalid("the attribute's value is empty", "give the value that users must have")
	}
	return nil
}

func invalid(cause, next string) error {
	return fault.New(fault.Invalid, "check mapping", cause, fault.Reason("BAD_MAPPING"), fault.Next(next))
}
