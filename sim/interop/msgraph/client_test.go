package msgraph_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kiota "github.com/microsoft/kiota-authentication-azure-go"
	nethttp "github.com/microsoft/kiota-http-go"
	json "github.com/microsoft/kiota-serialization-json-go"
	text "github.com/microsoft/kiota-serialization-text-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/drives"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// graph is the SDK, connected to a tenant.
type graph struct {
	adapter *core.GraphRequestAdapterBase
	users   *users.UsersRequestBuilder
	groups  *groups.GroupsRequestBuilder
	drives  *drives.DrivesRequestBuilder
}

// connect does what NewGraphServiceClientWithCredentials does, for another cloud.
func connect(t *testing.T, n *tenant.Tenant) *graph {
	t.Helper()
	options := core.GraphClientOptions{GraphServiceVersion: "v1.0", GraphServiceLibraryVersion: "1.89.0"}
	client := core.GetDefaultClient(&options)
	client.Transport = nethttp.NewCustomTransportWithParentTransport(n.Client().Transport.(*http.Transport), core.GetDefaultMiddlewaresWithOptions(&options)...)
	parsers := serialization.NewParseNodeFactoryRegistry()
	parsers.ContentTypeAssociatedFactories["application/json"] = json.NewJsonParseNodeFactory()
	parsers.ContentTypeAssociatedFactories["text/plain"] = text.NewTextParseNodeFactory()
	writers := serialization.NewSerializationWriterFactoryRegistry()
	writers.ContentTypeAssociatedFactories["application/json"] = json.NewJsonSerializationWriterFactory()
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(signIn(t, n), options, parsers, writers, client)
	if err != nil {
		t.Fatal(err)
	}
	adapter.SetBaseUrl(n.URL + "/v1.0")
	none := map[string]string{}
	return &graph{adapter, users.NewUsersRequestBuilderInternal(none, adapter),
		groups.NewGroupsRequestBuilderInternal(none, adapter), drives.NewDrivesRequestBuilderInternal(none, adapter)}
}

// signIn is azidentity's, as in any program that uses the SDK. Instance discovery would ask
// login.microsoftonline.com whether the host is genuine.
func signIn(t *testing.T, n *tenant.Tenant) *kiota.AzureIdentityAuthenticationProvider {
	t.Helper()
	credential, err := azidentity.NewClientSecretCredential(n.ID, n.ClientID, n.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions:            azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: n.URL}, Transport: n.Client()},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(n.URL)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := kiota.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(
		credential, []string{"https://graph.microsoft.com/.default"}, []string{address.Hostname()})
	if err != nil {
		t.Fatal(err)
	}
	return provider
}
