package m365

import (
	"fmt"
	"strings"
)

// Cloud is one of Microsoft's clouds: where its tenants sign in and where their Graph is.
// URLs have no trailing slash.
type Cloud struct {
	Name  string // as written on the command line: global, gcc, gcch, dod, china, sim
	Login string // https://login.microsoftonline.com
	Graph string // https://graph.microsoft.com
}

// Hosts: https://learn.microsoft.com/en-us/graph/deployments. GCC shares the hosts of the global cloud.
var clouds = []Cloud{
	{"global", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
	{"gcc", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
	{"gcch", "https://login.microsoftonline.us", "https://graph.microsoft.us"},
	{"dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
	{"china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"},
}

// CloudNamed returns the cloud of that name. The simulator's cloud has no fixed address, so it
// is made with [Simulated] instead.
func CloudNamed(name string) (Cloud, error) {
	for _, cloud := range clouds {
		if cloud.Name == name {
			return cloud, nil
		}
	}
	return Cloud{}, fmt.Errorf("cloud %q: known are global, gcc, gcch, dod, china and sim", name)
}

// Simulated is the cloud that an m365sim at address serves: sign-in and Graph on one host.
// An address without a scheme means http.
func Simulated(address string) Cloud {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	address = strings.TrimRight(address, "/")
	return Cloud{Name: "sim", Login: address, Graph: address}
}

// TokenURL is where tokens of a tenant are issued (Microsoft identity platform, version 2.0).
func (c Cloud) TokenURL(tenant TenantID) string {
	return c.Login + "/" + string(tenant) + "/oauth2/v2.0/token"
}

// DefaultScope asks for every application permission of Graph that was consented to.
func (c Cloud) DefaultScope() string { return c.Graph + "/.default" }
