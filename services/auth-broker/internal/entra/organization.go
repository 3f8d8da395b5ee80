package entra

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Organization implements connection.Entra.
func (c *Client) Organization(ctx context.Context, signIn connection.SignIn, token connection.Token) (connection.Organization, error) {
	cloud, err := signIn.Endpoints()
	if err != nil {
		return connection.Organization{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, cloud.Graph+"/v1.0/organization?$select=id,displayName,verifiedDomains", nil)
	if err != nil {
		return connection.Organization{}, fault.As(fault.Invalid, "read organisation", err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Access)
	response, body, err := c.do(request, "read organisation") //nolint:bodyclose // do has read and closed it
	if err != nil {
		return connection.Organization{}, err
	}
	if response.StatusCode != http.StatusOK {
		return connection.Organization{}, graphRefusal(response, body)
	}
	var reply struct {
		Value []organization `json:"value"`
	}
	if err := json.Unmarshal(body, &reply); err != nil || len(reply.Value) == 0 {
		return connection.Organization{}, fault.New(fault.Transient, "read organisation", "Graph's answer names no organisation",
			fault.Reason("REPLY_UNREADABLE"), fault.Next("try again in a minute"))
	}
	return reply.Value[0].read(), nil
}

type organization struct {
	ID              m365.TenantID `json:"id"`
	DisplayName     string        `json:"displayName"`
	VerifiedDomains []struct {
		Name      string `json:"name"`
		IsDefault bool   `json:"isDefault"`
	} `json:"verifiedDomains"`
}

func (o organization) read() connection.Organization {
	result := connection.Organization{ID: o.ID, Name: o.DisplayName}
	for _, domain := range o.VerifiedDomains {
		if domain.IsDefault {
			result.Domains = slices.Insert(result.Domains, 0, domain.Name)
			continue
		}
		result.Domains = append(result.Domains, domain.Name)
	}
	return result
}

// graphRefusal is what an answer of Graph other than 200 means.
func graphRefusal(response *http.Response, body []byte) error {
	var reply struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(body, &reply) != nil || reply.Error.Code == "" {
		return unexpected("read organisation", response)
	}
	text := reply.Error.Code + ": " + reply.Error.Message
	if id := response.Header.Get("request-id"); id != "" {
		text += " (request " + id + ")"
	}
	switch response.StatusCode {
	case http.StatusForbidden:
		return fault.New(fault.Precondition, "read organisation", text, fault.Reason("PERMISSION_MISSING"),
			fault.Next("add the application permission Organization.Read.All of Microsoft Graph, grant admin consent, and test again"))
	case http.StatusUnauthorized:
		return fault.New(fault.Precondition, "read organisation", text, fault.Reason("TOKEN_REFUSED"),
			fault.Next("check that the application is enabled in the tenant, then test again"))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return fault.New(fault.Throttled, "read organisation", text, fault.Reason("THROTTLED"), fault.Next("try again in a minute"), fault.After(retryAfter(response)))
	}
	return unexpected("read organisation", response)
}
