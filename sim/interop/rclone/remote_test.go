package rclone_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/accounting"

	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/onedrive"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// rclone is the configuration of one remote: a user's drive.
type rclone struct {
	tenant *tenant.Tenant
	drive  string
}

// connect finds the drive of a user.
func connect(t *testing.T, n *tenant.Tenant, user string) rclone {
	t.Helper()
	var token struct {
		Access string `json:"access_token"`
	}
	answer, err := n.Client().PostForm(n.URL+"/"+n.ID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {n.ClientID}, "client_secret": {n.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}})
	decode(t, answer, err, &token)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"/v1.0/users/"+user+"/drive", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Access)
	var drive struct {
		ID string `json:"id"`
	}
	answer, err = n.Client().Do(request)
	decode(t, answer, err, &drive)
	return rclone{n, drive.ID}
}

func decode(t *testing.T, answer *http.Response, err error, into any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// open is `rclone ... :onedrive,...:path`, with more options as given.
func (r rclone) open(ctx context.Context, t *testing.T, path string, options ...string) fs.Fs {
	t.Helper()
	n := r.tenant
	settings := append([]string{"client_credentials=true", "client_id=" + n.ClientID, "client_secret=" + n.ClientSecret, "tenant=" + n.ID,
		"token_url=" + n.URL + "/" + n.ID + "/oauth2/v2.0/token", "tenant_url=" + n.URL, "tenant_api_version=v1.0",
		"drive_id=" + r.drive, "drive_type=business"}, options...)
	remote := ":onedrive"
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		remote += fmt.Sprintf(`,%s="%s"`, name, value)
	}
	return open(ctx, t, remote+":"+path)
}

// open is any remote, a folder on this machine too.
func open(ctx context.Context, t *testing.T, path string) fs.Fs {
	t.Helper()
	remote, err := fs.NewFs(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	return remote
}

// run is what a run of rclone would have: its own settings and statistics.
func run(t *testing.T, n *tenant.Tenant) (context.Context, *fs.ConfigInfo) {
	ctx, settings := fs.AddConfig(t.Context())
	settings.CaCert = []string{n.CA}
	settings.LowLevelRetries = 1
	settings.Transfers = 8
	return accounting.WithStatsGroup(ctx, t.Name()), settings
}
