package entra

import (
	"context"
	"fmt"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	graphdirectory "github.com/tenantkeep/tenantkeep/pkg/graph/directory"
	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// Tenants opens sources.
type Tenants struct{ tenants *tenant.Tenants }

var _ run.Sources = Tenants{}

// New returns the sources that tenants has clients for.
func New(tenants *tenant.Tenants) Tenants { return Tenants{tenants} }

// Open implements run.Sources.
func (t Tenants) Open(ctx context.Context, connection m365.ConnectionID) (run.Source, error) {
	client, err := t.tenants.Open(ctx, connection)
	if err != nil {
		return nil, err
	}
	return source{client, graphdirectory.New(client)}, nil
}

type source struct {
	client    *graph.Client
	directory *graphdirectory.Directory
}

// People implements run.Source.
func (s source) People(ctx context.Context, link string, each func(run.PersonNews) error) (string, error) {
	return s.directory.UserChanges(ctx, graphdirectory.Round{Link: link}, func(user graphdirectory.User) error {
		return each(run.PersonNews{Person: personOf(user), Gone: user.Removed != graphdirectory.Present})
	})
}

// Members implements run.Source. Members of other kinds than users are left out where Graph names the kind.
func (s source) Members(ctx context.Context, groups []m365.GroupID, link string, each func(run.GroupNews) error) (string, error) {
	return s.directory.GroupChanges(ctx, groups, graphdirectory.Round{Link: link}, func(change graphdirectory.GroupChange) error {
		news := run.GroupNews{Group: change.Group.ID, Gone: change.Group.Removed != graphdirectory.Present}
		for _, member := range change.Members {
			switch {
			case member.Removed:
				news.Left = append(news.Left, m365.UserID(member.ID))
			case member.Kind == "user" || member.Kind == "":
				news.Joined = append(news.Joined, m365.UserID(member.ID))
			}
		}
		return each(news)
	})
}

// Person implements run.Source.
func (s source) Person(ctx context.Context, key string) (directory.Person, error) {
	user, err := s.directory.User(ctx, m365.UserID(key))
	if fault.Is(err, fault.NotFound) && strings.Contains(key, "@") {
		return s.addressed(ctx, key)
	}
	if err != nil {
		return directory.Person{}, err
	}
	return personOf(user), nil
}

// addressed finds who has an address that is no principal name. Addresses are compared by Entra
// without regard to case: https://learn.microsoft.com/graph/api/resources/user#properties
func (s source) addressed(ctx context.Context, address string) (directory.Person, error) {
	quoted := strings.ReplaceAll(address, "'", "''")
	request := graph.Request{
		Name: "find user by address", Path: graph.Path("users"),
		Query: graph.Query("$select", "id", "$filter", fmt.Sprintf("mail eq '%s' or proxyAddresses/any(a:a eq 'smtp:%s')", quoted, quoted)),
	}
	var page struct {
		Value []struct {
			ID m365.UserID `json:"id"`
		} `json:"value"`
	}
	if err := s.client.JSON(ctx, request, &page); err != nil {
		return directory.Person{}, err
	}
	switch len(page.Value) {
	case 0:
		return directory.Person{}, fault.New(fault.NotFound, "find user", "nobody has the address "+address)
	case 1:
		user, err := s.directory.User(ctx, page.Value[0].ID)
		return personOf(user), err
	default:
		return directory.Person{}, fault.New(fault.Invalid, "find user", fmt.Sprintf("%d users have the address %s", len(page.Value), address),
			fault.Reason("USER_AMBIGUOUS"), fault.Next("name the user by object id"))
	}
}

func personOf(user graphdirectory.User) directory.Person {
	person := directory.Person{
		ID: user.ID, PrincipalName: user.PrincipalName, DisplayName: user.DisplayName, Mail: user.Mail,
		Enabled: user.Enabled, Attributes: map[directory.Attribute]string{},
	}
	for attribute, value := range map[directory.Attribute]string{
		"department": user.Department, "jobTitle": user.JobTitle, "city": user.City, "country": user.Country,
		"companyName": user.CompanyName, "officeLocation": user.OfficeLocation, "userType": user.Type,
		"usageLocation": user.UsageLocation,
	} {
		if value != "" {
			person.Attributes[attribute] = value
		}
	}
	return person
}
