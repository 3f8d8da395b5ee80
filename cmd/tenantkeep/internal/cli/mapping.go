package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

func (a *app) mapping() *cobra.Command {
	return group("mapping", "Say which Entra users come in, and with which profile",
		a.mappingAdd(), a.mappingEdit(), a.mappingList(), a.mappingRemove(), a.mappingPreview(), a.mappingSync())
}

// mappingFlags are the fields of a mapping as flags.
type mappingFlags struct {
	connection, name, profile, group, attribute string
	all                                         bool
	priority                                    int32
}

var mappingPaths = map[string]string{
	"name": "display_name", "profile": "profile", "priority": "priority",
	"all": "criterion", "group": "criterion", "attribute": "criterion",
}

func (f *mappingFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.connection, "connection", "", "the connection (default: the only one)")
	flags.StringVar(&f.name, "name", "", "what people call it")
	flags.StringVar(&f.profile, "profile", "", "profile that the users get")
	flags.Int32Var(&f.priority, "priority", 100, "the smallest number that matches a user wins")
	flags.BoolVar(&f.all, "all", false, "all users but guests")
	flags.StringVar(&f.group, "group", "", "direct members of the group with this object id")
	flags.StringVar(&f.attribute, "attribute", "", "users with this attribute value, such as department=Sales")
	command.MarkFlagsMutuallyExclusive("all", "group", "attribute")
}

// whole is a mapping that is not saved yet: nothing of it may be missing.
func (f *mappingFlags) whole() (*directoryv1.Mapping, error) {
	switch {
	case !f.all && f.group == "" && f.attribute == "":
		return nil, wrong("the rule matches nobody", "give --all, --group ID or --attribute NAME=VALUE")
	case f.profile == "":
		return nil, wrong("no profile is named for the users", "give --profile, such as --profile standard; see: tenantkeep profile list")
	}
	return f.mapping()
}

func (f *mappingFlags) mapping() (*directoryv1.Mapping, error) {
	m := &directoryv1.Mapping{DisplayName: f.name, Priority: f.priority, Profile: prefixed("profiles", f.profile), Criterion: &directoryv1.Criterion{}}
	switch {
	case f.all:
		m.Criterion.Kind = &directoryv1.Criterion_AllUsers{AllUsers: &directoryv1.AllUsers{}}
	case f.group != "":
		m.Criterion.Kind = &directoryv1.Criterion_Group{Group: &directoryv1.GroupMembers{GroupId: f.group}}
	case f.attribute != "":
		name, value, ok := strings.Cut(f.attribute, "=")
		if !ok {
			return nil, wrong(fmt.Sprintf("attribute %q", f.attribute), "write it as department=Sales")
		}
		m.Criterion.Kind = &directoryv1.Criterion_Attribute{Attribute: &directoryv1.AttributeEquals{Attribute: name, Value: value}}
	}
	return m, nil
}

func (a *app) mappingAdd() *cobra.Command {
	var flags mappingFlags
	command := &cobra.Command{
		Use: "add", Short: "Add a rule that imports users", Args: cobra.NoArgs,
		Example: "  tenantkeep mapping add --all --profile standard\n  tenantkeep mapping add --attribute department=Sales --profile daily --priority 10",
		RunE: func(command *cobra.Command, _ []string) error {
			mapping, err := flags.whole()
			if err != nil {
				return err
			}
			parent, err := a.theConnection(command.Context(), flags.connection)
			if err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			reply, err := service.CreateMapping(command.Context(), &directoryv1.CreateMappingRequest{Parent: parent, Mapping: mapping})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { fmt.Fprintln(out, reply.GetMapping().GetName()) })
		},
	}
	flags.add(command)
	return command
}

func (a *app) mappingEdit() *cobra.Command {
	var flags mappingFlags
	command := &cobra.Command{
		Use: "edit MAPPING", Short: "Change a rule; only what is given changes", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			mapping, err := flags.mapping()
			if err != nil {
				return err
			}
			paths, err := edits(command, mappingPaths, false)
			if err != nil {
				return err
			}
			if mapping.Name, err = a.theMapping(command, flags.connection, arguments[0]); err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			reply, err := service.UpdateMapping(command.Context(), &directoryv1.UpdateMappingRequest{
				Mapping: mapping, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { printMappings(out, []*directoryv1.Mapping{reply.GetMapping()}) })
		},
	}
	flags.add(command)
	return command
}

// theMapping is a mapping's resource name, given that or its id.
func (a *app) theMapping(command *cobra.Command, connection, text string) (string, error) {
	if strings.HasPrefix(text, "connections/") {
		return text, nil
	}
	parent, err := a.theConnection(command.Context(), connection)
	return parent + "/mappings/" + text, err
}

func (a *app) mappingList() *cobra.Command {
	var connection string
	command := &cobra.Command{
		Use: "list", Short: "List the rules by priority", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			parent, err := a.theConnection(command.Context(), connection)
			if err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &directoryv1.ListMappingsRequest{Parent: parent}, service.ListMappings)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printMappings(out, all.GetMappings()) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	return command
}

func (a *app) mappingRemove() *cobra.Command {
	var connection string
	command := &cobra.Command{
		Use: "remove MAPPING", Short: "Remove a rule; users that no other rule matches are suspended, backups stay", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			name, err := a.theMapping(command, connection, arguments[0])
			if err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			reply, err := service.DeleteMapping(command.Context(), &directoryv1.DeleteMappingRequest{Name: name})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { fmt.Fprintln(out, "removed "+name) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	return command
}

func printMappings(out io.Writer, mappings []*directoryv1.Mapping) {
	var rows [][]string
	for _, m := range mappings {
		rows = append(rows, []string{show.Last(m.GetName()), strconv.Itoa(int(m.GetPriority())), criterionText(m.GetCriterion()), show.Last(m.GetProfile()), m.GetDisplayName()})
	}
	show.Table(out, "ID PRIORITY USERS PROFILE NAME", rows)
}

func criterionText(criterion *directoryv1.Criterion) string {
	switch kind := criterion.GetKind().(type) {
	case *directoryv1.Criterion_AllUsers:
		return "all"
	case *directoryv1.Criterion_Group:
		return "group " + kind.Group.GetGroupId()
	case *directoryv1.Criterion_Attribute:
		return kind.Attribute.GetAttribute() + "=" + kind.Attribute.GetValue()
	default:
		return "-"
	}
}
