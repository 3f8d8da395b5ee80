package directory

import (
	"context"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// User is an Entra user. Of a removed one only ID and Removed are set.
type User struct {
	ID                m365.UserID
	PrincipalName     string
	DisplayName       string
	GivenName         string
	Surname           string
	Mail              string
	MailNickname      string
	ProxyAddresses    []string // "SMTP:a@b" is the primary one
	JobTitle          string
	Department        string
	CompanyName       string
	OfficeLocation    string
	City              string
	Country           string
	EmployeeID        string
	UsageLocation     string
	Type              string // Member or Guest
	Enabled           bool
	Synced            bool // mastered on premises
	ImmutableID       string
	PreferredLanguage string
	Licences          []string // sku ids
	Created           time.Time
	Removed           Removal
}

// Removal says how an object went.
type Removal string

// The removals of a delta round.
const (
	Present    Removal = ""        // it is there
	SoftDelete Removal = "changed" // in the recycle bin: it may come back
	HardDelete Removal = "deleted"
)

// selected is what a user round asks for. It is fixed by the first call of a round: a change here
// takes effect for a connection with its next full read.
var selected = []string{
	"id", "userPrincipalName", "displayName", "givenName", "surname", "mail", "mailNickname", "proxyAddresses", "jobTitle",
	"department", "companyName", "officeLocation", "city", "country", "employeeId", "usageLocation", "userType",
	"accountEnabled", "onPremisesSyncEnabled", "onPremisesImmutableId", "preferredLanguage", "assignedLicenses", "createdDateTime",
}

// Round is how a delta round goes on: Link of the last one (empty: from the start), and, if set,
// Page, which gets the link of every next page, from where a broken round can be resumed.
type Round struct {
	Link string
	Page func(next string) error
}

// UserChanges calls each for every user that changed, and returns the link for the next round.
// Errors of each end the round as they are.
func (d *Directory) UserChanges(ctx context.Context, round Round, each func(User) error) (deltaLink string, err error) {
	ctx = graph.WithName(ctx, "read user changes")
	builder := d.users.Delta()
	options := &users.DeltaRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.DeltaRequestBuilderGetQueryParameters{Select: selected},
	}
	if round.Link != "" {
		builder, options = builder.WithUrl(round.Link), nil
	}
	for {
		page, err := builder.GetAsDeltaGetResponse(ctx, options)
		if err != nil {
			return "", refusal("read user changes", err)
		}
		for _, found := range page.GetValue() {
			if err := each(userOf(found)); err != nil {
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

// User reads one user; NotFound if there is none.
func (d *Directory) User(ctx context.Context, id m365.UserID) (User, error) {
	found, err := d.users.ByUserId(string(id)).Get(graph.WithName(ctx, "get user"), &users.UserItemRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UserItemRequestBuilderGetQueryParameters{Select: selected},
	})
	if err != nil {
		return User{}, refusal("get user", err)
	}
	return userOf(found), nil
}

// Licence is a subscription that a user has been given.
type Licence struct {
	SKU   string // id of the product
	Name  string // its part number, such as SPE_E5
	Plans []Plan
}

// Plan is a service inside a licence.
type Plan struct {
	Name    string // EXCHANGE_S_ENTERPRISE, SHAREPOINTENTERPRISE...
	Applied bool   // provisioned, for the user
}

// Licences reads what the user is licensed for: whether there can be a mailbox or a drive.
func (d *Directory) Licences(ctx context.Context, id m365.UserID) ([]Licence, error) {
	found, err := d.users.ByUserId(string(id)).LicenseDetails().Get(graph.WithName(ctx, "list licences"), nil)
	if err != nil {
		return nil, refusal("list licences", err)
	}
	var licences []Licence
	for _, l := range found.GetValue() {
		licence := Licence{Name: value(l.GetSkuPartNumber())}
		if sku := l.GetSkuId(); sku != nil {
			licence.SKU = sku.String()
		}
		for _, p := range l.GetServicePlans() {
			licence.Plans = append(licence.Plans, Plan{value(p.GetServicePlanName()), value(p.GetProvisioningStatus()) == "Success"})
		}
		licences = append(licences, licence)
	}
	return licences, nil
}

// page is what pages of users and groups share.
type page interface {
	GetOdataNextLink() *string
	GetOdataDeltaLink() *string
}

// turn says where the round goes on, or that it is done and with which link.
func (r Round) turn(p page) (link string, done bool, err error) {
	if link = value(p.GetOdataNextLink()); link == "" {
		if link = value(p.GetOdataDeltaLink()); link == "" {
			return "", true, fault.New(fault.Transient, "read page", "the page has neither a next nor a delta link",
				fault.Reason("GRAPH_BAD_ANSWER"), fault.Next("nothing: it is tried again"))
		}
		return link, true, nil
	}
	if r.Page != nil {
		err = r.Page(link)
	}
	return link, false, err
}

func userOf(u models.Userable) User {
	user := User{
		ID:                m365.UserID(value(u.GetId())),
		PrincipalName:     value(u.GetUserPrincipalName()),
		DisplayName:       value(u.GetDisplayName()),
		GivenName:         value(u.GetGivenName()),
		Surname:           value(u.GetSurname()),
		Mail:              value(u.GetMail()),
		MailNickname:      value(u.GetMailNickname()),
		ProxyAddresses:    u.GetProxyAddresses(),
		JobTitle:          value(u.GetJobTitle()),
		Department:        value(u.GetDepartment()),
		CompanyName:       value(u.GetCompanyName()),
		OfficeLocation:    value(u.GetOfficeLocation()),
		City:              value(u.GetCity()),
		Country:           value(u.GetCountry()),
		EmployeeID:        value(u.GetEmployeeId()),
		UsageLocation:     value(u.GetUsageLocation()),
		Type:              value(u.GetUserType()),
		Enabled:           value(u.GetAccountEnabled()),
		Synced:            value(u.GetOnPremisesSyncEnabled()),
		ImmutableID:       value(u.GetOnPremisesImmutableId()),
		PreferredLanguage: value(u.GetPreferredLanguage()),
		Created:           value(u.GetCreatedDateTime()).UTC(),
		Removed:           removalOf(u.GetAdditionalData()),
	}
	for _, l := range u.GetAssignedLicenses() {
		if sku := l.GetSkuId(); sku != nil {
			user.Licences = append(user.Licences, sku.String())
		}
	}
	return user
}
