package entra

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Client implements connection.Entra.
type Client struct {
	http *http.Client
	now  func() time.Time
}

var _ connection.Entra = (*Client)(nil)

// timeout bounds one call. It is shorter than the lock that keeps others from making the same call.
const timeout = 8 * time.Second

// maxReply bounds what is read of an answer; a token with many roles has some 10 KB.
const maxReply = 1 << 20

// New returns a client. It follows no redirects: an endpoint that sends its callers elsewhere with their
// secret is not Entra.
func New(now func() time.Time) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &Client{now: now, http: &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// SignIn implements connection.Entra.
func (c *Client) SignIn(ctx context.Context, signIn connection.SignIn, credential connection.Credential, claims string) (connection.Token, error) {
	cloud, err := signIn.Endpoints()
	if err != nil {
		return connection.Token{}, err
	}
	endpoint := cloud.TokenURL(signIn.Tenant)
	form, err := c.form(signIn, credential, claims, endpoint, cloud.DefaultScope())
	if err != nil {
		return connection.Token{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return connection.Token{}, fault.As(fault.Invalid, "sign in", err, fault.Next("check the address of the cloud"))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	asked := c.now()
	response, body, err := c.do(request, "sign in") //nolint:bodyclose // do has read and closed it
	if err != nil {
		return connection.Token{}, err
	}
	skew := skewOf(asked, response)
	if response.StatusCode != http.StatusOK {
		return connection.Token{}, refusal(signIn, response, body, skew)
	}
	return token(body, asked, skew)
}

func (c *Client) form(signIn connection.SignIn, credential connection.Credential, claims, endpoint, scope string) (url.Values, error) {
	challenge, err := mergeClaims(claims)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {string(signIn.Application)}, "scope": {scope}, "claims": {challenge},
	}
	if credential.Kind() == connection.Secret {
		form.Set("client_secret", credential.Secret)
		return form, nil
	}
	pair, err := credential.Pair()
	if err != nil {
		return nil, err
	}
	signed, err := assertion(pair, signIn.Application, endpoint, c.now())
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", signed)
	return form, err
}

func (c *Client) do(request *http.Request, op string) (*http.Response, []byte, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, unreachable(request.Context(), op, request.URL.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return nil, nil, unreachable(request.Context(), op, request.URL.Host, err)
	}
	return response, body, nil
}

func token(body []byte, asked time.Time, skew time.Duration) (connection.Token, error) {
	var reply struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &reply); err != nil || reply.AccessToken == "" || reply.ExpiresIn <= 0 {
		return connection.Token{}, fault.New(fault.Transient, "sign in", "the answer holds no token", fault.Reason("REPLY_UNREADABLE"),
			fault.Next("check that nothing between this machine and the login host answers in its place, then try again"))
	}
	roles, readable := rolesOf(reply.AccessToken)
	return connection.Token{
		Access: reply.AccessToken, Asked: asked, Lifetime: time.Duration(reply.ExpiresIn) * time.Second,
		Roles: roles, Readable: readable, Skew: skew,
	}, nil
}

// skewOf compares our clock with the Date of an answer, which has whole seconds.
func skewOf(asked time.Time, response *http.Response) time.Duration {
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return asked.Sub(theirs).Truncate(time.Second)
}
