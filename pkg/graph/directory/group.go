package directory

import (
	"context"

	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Group is an Entra group.
type Group struct {
	ID          m365.GroupID
	DisplayName string
	Description string
	Mail        string
	Unified     bool // a Microsoft 365 group
	Security    bool
	Dynamic     bool // its members follow a rule
	Removed     Removal
}

// Member is one direct membership, made or ended.
type Member struct {
	Group   m365.GroupID
	ID      string // of the member
	Kind    string // user, group, device...: the OData type without its namespace; may be empty
	Removed bool
}

// GroupChange is one group of a delta round: its own state, and memberships that changed. A large
// group comes several times in one round, with further members each time.
type GroupChange struct {
	Group   Group
	Members []Member
}

// GroupChanges calls each for the groups in ids (at most 50; none: all groups) that changed or
// whose members did, and returns the link for the next round.
func (d *Directory) GroupChanges(ctx context.Context, ids []m365.GroupID, round Round, each func(GroupChange) error) (deltaLink string, err error) {
	ctx = graph.WithName(ctx, "read group changes")
	builder := d.groups.Delta()
	options := &groups.DeltaRequestBuilderGetRequestConfiguration{
		QueryParameters: &groups.DeltaRequestBuilderGetQueryParameters{
			Select: []string{"id", "displayName", "description", "mail", "groupTypes", "securityEnabled", "members"},
			Filter: anyOf(ids),
		},
	}
	if round.Link != "" {
		builder, options = builder.WithUrl(round.Link), nil
	}
	for {
		page, err := builder.GetAsDeltaGetResponse(ctx, options)
		if err != nil {
			return "", refusal("read group changes", err)
		}
		for _, found := range page.GetValue() {
			if err := each(changeOf(found)); err != nil {
				return "", err
			}
		}
		next, done, err := round.turn(page)
		if err != nil || done {
			return next, err
		}
		builder, options = builder.WithUrl(next), nil
	}
}

// Groups calls each for every group whose name begins with prefix, sorted by nothing.
func (d *Directory) Groups(ctx context.Context, prefix string, each func(Group) error) error {
	ctx = graph.WithName(ctx, "list groups")
	top := int32(999)
	options := &groups.GroupsRequestBuilderGetRequestConfiguration{
		QueryParameters: &groups.GroupsRequestBuilderGetQueryParameters{
			Select: []string{"id", "displayName", "description", "mail", "groupTypes", "securityEnabled"},
			Top:    &top,
		},
	}
	if prefix != "" {
		filter := "startswith(displayName," + quoted(prefix) + ")"
		options.QueryParameters.Filter = &filter
	}
	for builder := d.groups; ; {
		page, err := builder.Get(ctx, options)
		if err != nil {
			return refusal("list groups", err)
		}
		for _, found := range page.GetValue() {
			if err := each(groupOf(found)); err != nil {
				return err
			}
		}
		next := value(page.GetOdataNextLink())
		if next == "" {
			return nil
		}
		builder, options = builder.WithUrl(next), nil
	}
}

// Group reads one group; NotFound if there is none.
func (d *Directory) Group(ctx context.Context, id m365.GroupID) (Group, error) {
	found, err := d.groups.ByGroupId(string(id)).Get(graph.WithName(ctx, "get group"), nil)
	if err != nil {
		return Group{}, refusal("get group", err)
	}
	return groupOf(found), nil
}

// Users calls each for every user in the group, through nested groups too.
func (d *Directory) Users(ctx context.Context, id m365.GroupID, each func(m365.UserID) error) error {
	_, err := d.client.Read(ctx, graph.Pages{
		First: graph.Request{
			Name:  "list users of group",
			Path:  graph.Path("groups", string(id), "transitiveMembers"),
			Query: graph.Query("$select", "id", "$top", "999"),
		},
		Item: func(raw []byte) error {
			if kindOf(rawjson.Text(rawjson.Field(raw, "@odata.type"))) != "user" {
				return nil
			}
			return each(m365.UserID(rawjson.Text(rawjson.Field(raw, "id"))))
		},
	})
	return err
}

func changeOf(g models.Groupable) GroupChange {
	change := GroupChange{Group: groupOf(g)}
	for _, entry := range list(g.GetAdditionalData()["members@delta"]) {
		member, ok := fields(entry)
		if !ok {
			continue
		}
		_, removed := fields(member["@removed"])
		change.Members = append(change.Members, Member{
			Group:   change.Group.ID,
			ID:      text(member["id"]),
			Kind:    kindOf(text(member["@odata.type"])),
			Removed: removed,
		})
	}
	return change
}

func groupOf(g models.Groupable) Group {
	group := Group{
		ID:          m365.GroupID(value(g.GetId())),
		DisplayName: value(g.GetDisplayName()),
		Description: value(g.GetDescription()),
		Mail:        value(g.GetMail()),
		Security:    value(g.GetSecurityEnabled()),
		Removed:     removalOf(g.GetAdditionalData()),
	}
	for _, kind := range g.GetGroupTypes() {
		group.Unified = group.Unified || kind == "Unified"
		group.Dynamic = group.Dynamic || kind == "DynamicMembership"
	}
	return group
}
