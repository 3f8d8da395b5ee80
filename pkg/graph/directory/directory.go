package directory

import (
	"errors"
	"net/http"
	"strings"

	"github.com/microsoft/kiota-abstractions-go/authentication"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	nethttp "github.com/microsoft/kiota-http-go"
	json "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
)

// Directory reads one tenant's directory.
type Directory struct {
	client *graph.Client
	users  *users.UsersRequestBuilder
	groups *groups.GroupsRequestBuilder
}

// New returns the directory that client has access to. Authorisation, budgets and retries are the
// client's; the SDK only builds requests and reads answers.
func New(client *graph.Client) *Directory {
	parsers := serialization.NewParseNodeFactoryRegistry()
	parsers.ContentTypeAssociatedFactories["application/json"] = json.NewJsonParseNodeFactory()
	writers := serialization.NewSerializationWriterFactoryRegistry()
	writers.ContentTypeAssociatedFactories["application/json"] = json.NewJsonSerializationWriterFactory()
	plain := client.HTTP()
	plain.Transport = plainNames{plain.Transport}
	adapter, err := nethttp.NewNetHttpRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		&authentication.AnonymousAuthenticationProvider{}, parsers, writers, plain)
	if err != nil { // only for a missing authentication provider
		panic(err)
	}
	adapter.SetBaseUrl(client.Base())
	return &Directory{
		client: client,
		users:  users.NewUsersRequestBuilderInternal(map[string]string{}, adapter),
		groups: groups.NewGroupsRequestBuilderInternal(map[string]string{}, adapter),
	}
}

// plainNames writes $select for the SDK's %24select: the same to Graph, but readable in a recording.
type plainNames struct{ next http.RoundTripper }

func (t plainNames) RoundTrip(r *http.Request) (*http.Response, error) {
	address := *r.URL
	address.RawQuery = strings.ReplaceAll(address.RawQuery, "%24", "$")
	r = r.Clone(r.Context())
	r.URL = &address
	return t.next.RoundTrip(r)
}

// refusal finds the client's fault in what the SDK and net/http wrapped around it, whose text has ids in it.
func refusal(op string, err error) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return fault.Wrap(op, known)
	default:
		return fault.As(fault.Transient, op, err, fault.Reason("GRAPH_BAD_ANSWER"), fault.Next("nothing: it is tried again"))
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
