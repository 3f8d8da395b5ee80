package msgraph_test

import (
	"maps"
	"slices"
	"testing"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// all follows a collection from its first page to the last, as the SDK's documentation does it.
func all[T any](t *testing.T, g *graph, first any, err error, next serialization.ParsableFactory) []T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := core.NewPageIterator[T](first, g.adapter, next)
	if err != nil {
		t.Fatal(err)
	}
	var items []T
	if err := pages.Iterate(t.Context(), func(item T) bool {
		items = append(items, item)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return items
}

// pageSize is small, so that there are pages to follow.
var pageSize int32 = 7

func (g *graph) allUsers(t *testing.T) []models.Userable {
	t.Helper()
	first, err := g.users.Get(t.Context(), &users.UsersRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Top: &pageSize, Select: []string{"id", "displayName", "userPrincipalName", "accountEnabled", "assignedLicenses"}},
	})
	return all[models.Userable](t, g, first, err, models.CreateUserCollectionResponseFromDiscriminatorValue)
}

func (g *graph) allGroups(t *testing.T) []models.Groupable {
	t.Helper()
	first, err := g.groups.Get(t.Context(), &groups.GroupsRequestBuilderGetRequestConfiguration{
		QueryParameters: &groups.GroupsRequestBuilderGetQueryParameters{Top: &pageSize}})
	return all[models.Groupable](t, g, first, err, models.CreateGroupCollectionResponseFromDiscriminatorValue)
}

// eventual is what counting needs: https://learn.microsoft.com/graph/aad-advanced-queries
func eventual() *abstractions.RequestHeaders {
	headers := abstractions.NewRequestHeaders()
	headers.Add("ConsistencyLevel", "eventual")
	return headers
}

func (w *world) users(t *testing.T) {
	count, err := w.graph.users.Count().Get(t.Context(), &users.CountRequestBuilderGetRequestConfiguration{Headers: eventual()})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "users counted", w.tenant.Users, int(*count))
	ids := map[string]bool{}
	for _, user := range w.graph.allUsers(t) {
		if *user.GetDisplayName() == "" || *user.GetUserPrincipalName() == "" || user.GetAccountEnabled() == nil {
			t.Errorf("%s has no name or no state", *user.GetId())
		}
		ids[*user.GetId()] = true
	}
	same(t, "users walked", w.tenant.Users, len(ids))
	for _, sum := range w.mail {
		if !ids[sum.User] {
			t.Errorf("%s was not among the users", sum.User)
		}
	}
}

func (w *world) usersByDelta(t *testing.T) {
	first, err := w.graph.users.Delta().GetAsDeltaGetResponse(t.Context(), nil)
	found := all[models.Userable](t, w.graph, first, err, users.CreateDeltaGetResponseFromDiscriminatorValue)
	same(t, "users told by delta", w.tenant.Users, len(found))
}

// membership is a group and a member's id.
type membership [2]string

// groups walks all groups and their members, and compares with what the members say of themselves.
func (w *world) groups(t *testing.T) {
	g, found := w.graph, map[membership]bool{}
	count, err := g.groups.Count().Get(t.Context(), &groups.CountRequestBuilderGetRequestConfiguration{Headers: eventual()})
	if err != nil {
		t.Fatal(err)
	}
	list := g.allGroups(t)
	same(t, "groups walked", int(*count), len(list))
	if len(list) == 0 {
		t.Fatal("there are no groups")
	}
	for _, group := range list {
		first, err := g.groups.ByGroupId(*group.GetId()).Members().Get(t.Context(), &groups.ItemMembersRequestBuilderGetRequestConfiguration{
			QueryParameters: &groups.ItemMembersRequestBuilderGetQueryParameters{Top: &pageSize}})
		for _, member := range all[models.DirectoryObjectable](t, g, first, err, models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue) {
			found[membership{*group.GetId(), *member.GetId()}] = true
		}
	}
	said := map[membership]bool{}
	for _, user := range g.allUsers(t) {
		first, err := g.users.ByUserId(*user.GetId()).MemberOf().Get(t.Context(), nil)
		for _, group := range all[models.DirectoryObjectable](t, g, first, err, models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue) {
			said[membership{*group.GetId(), *user.GetId()}] = true
		}
	}
	for _, inner := range list {
		first, err := g.groups.ByGroupId(*inner.GetId()).MemberOf().Get(t.Context(), nil)
		for _, group := range all[models.DirectoryObjectable](t, g, first, err, models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue) {
			said[membership{*group.GetId(), *inner.GetId()}] = true
		}
	}
	same(t, "memberships", slices.SortedFunc(maps.Keys(said), order), slices.SortedFunc(maps.Keys(found), order))
	t.Logf("%d users, %d groups, %d memberships", w.tenant.Users, len(list), len(found))
}

func order(a, b membership) int { return slices.Compare(a[:], b[:]) }
