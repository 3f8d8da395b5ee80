package entra

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// question is something that a test asks Graph.
type question struct {
	op   string
	path string // below the version
	role string // the least permission that answers it
}

// ask returns the body of the answer.
func (c *Client) ask(ctx context.Context, signIn connection.SignIn, token connection.Token, q question) ([]byte, error) {
	cloud, err := signIn.Endpoints()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, cloud.Graph+"/v1.0"+q.path, nil)
	if err != nil {
		return nil, fault.As(fault.Invalid, q.op, err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Access)
	request.Header.Set("ConsistencyLevel", "eventual") // counting needs it, and nothing else minds
	response, body, err := c.do(request, q.op)         //nolint:bodyclose // do has read and closed it
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, q.refused(response, body)
	}
	return body, nil
}

// refused is what an answer of Graph other than 200 means.
func (q question) refused(response *http.Response, body []byte) error {
	var reply struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(body, &reply) != nil || reply.Error.Code == "" {
		return unexpected(q.op, response)
	}
	text := reply.Error.Code + ": " + reply.Error.Message
	if id := response.Header.Get("request-id"); id != "" {
		text += " (request " + id + ")"
	}
	switch response.StatusCode {
	case http.StatusForbidden:
		return fault.New(fault.Precondition, q.op, text, fault.Reason("PERMISSION_MISSING"),
			fault.Next("add the application permission "+q.role+" of Microsoft Graph, grant admin consent, and test again"))
	case http.StatusUnauthorized:
		return fault.New(fault.Precondition, q.op, text, fault.Reason("TOKEN_REFUSED"),
			fault.Next("check that the application is enabled in the tenant, then test again"))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return fault.New(fault.Throttled, q.op, text, fault.Reason("THROTTLED"), fault.Next("try again in a minute"), fault.After(retryAfter(response)))
	}
	return unexpected(q.op, response)
}
