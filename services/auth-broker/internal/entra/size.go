package entra

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Size implements connection.Entra. Users are counted by
// https://learn.microsoft.com/graph/api/user-list (GET /users/$count), licences are those of
// https://learn.microsoft.com/graph/api/subscribedsku-list whose plans hold SharePoint.
func (c *Client) Size(ctx context.Context, signIn connection.SignIn, token connection.Token) (connection.Size, error) {
	body, err := c.ask(ctx, signIn, token, question{op: "count users", path: "/users/$count", role: "User.Read.All"})
	if err != nil {
		return connection.Size{}, err
	}
	users, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))), 10, 64)
	if err != nil {
		return connection.Size{}, unreadable("count users")
	}
	body, err = c.ask(ctx, signIn, token, question{op: "count licences", path: "/subscribedSkus?$select=consumedUnits,servicePlans", role: "Organization.Read.All"})
	if err != nil {
		return connection.Size{}, err
	}
	var reply struct {
		Value []sku `json:"value"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return connection.Size{}, unreadable("count licences")
	}
	size := connection.Size{Users: users}
	for _, sku := range reply.Value {
		size.Licences += sku.licences()
	}
	return size, nil
}

func unreadable(op string) error {
	return fault.New(fault.Transient, op, "Graph's answer cannot be read", fault.Reason("REPLY_UNREADABLE"), fault.Next("test again in a minute"))
}

// sku is a subscription. Of how many licences SharePoint's limits depend on, Microsoft says "tenant
// license count" and no more. Those that users have been given are never more than those that were
// bought, so that what follows from them is not too much:
// https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
type sku struct {
	ConsumedUnits int64 `json:"consumedUnits"`
	ServicePlans  []struct {
		Name string `json:"servicePlanName"`
	} `json:"servicePlans"`
}

// sharePoint are how the names of the plans begin that give a user SharePoint itself. Others with it in
// their names are parts of it, storage or the web apps.
// https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
var sharePoint = []string{"SHAREPOINTENTERPRISE", "SHAREPOINTSTANDARD", "SHAREPOINTDESKLESS"}

// licences are those that users have been given, if the subscription holds SharePoint.
func (s sku) licences() int64 {
	for _, plan := range s.ServicePlans {
		if slices.ContainsFunc(sharePoint, func(name string) bool { return strings.HasPrefix(plan.Name, name) }) {
			return s.ConsumedUnits
		}
	}
	return 0
}
