package plant_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/brokerkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// What is odd about users and their content rather than about the network.
func TestOddUsers(t *testing.T) {
	t.Parallel()
	all := settle(t, sim.Config{Users: 50, Mails: 25, Files: 100, Seed: 14})
	all.connect()
	for name, scene := range map[string]func(*climate){
		"a mailbox without a licence":         withoutMailbox,
		"a drive without a licence":           withoutDrive,
		"a user that nobody knows":            unknownUser,
		"a user that was deleted":             deletedUser,
		"an empty mailbox":                    emptyMailbox,
		"names that no file system takes":     oddNames,
		"a vault that another process writes": rivalWriter,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(all.in(t))
		})
	}
}

// withoutMailbox: the mailbox fails, with what to do; with a licence the next backup is whole.
func withoutMailbox(c *climate) {
	user := c.people[24].Address // see unlicensed
	job := c.firstJob(user, "mail")
	c.expect(1, []string{"failed", "cause: .*MailboxNotEnabledForRESTAPI", "next: +give the user an Exchange Online licence"}, "job", "watch", job.GetName())
	c.expect(0, []string{user + " +mail +failed"}, "resource", "list")
	c.license(user)
	c.heals(user, "mail")
}

func withoutDrive(c *climate) {
	user := c.people[49].Address
	job := c.firstJob(user, "files")
	c.expect(1, []string{"failed", "cause: .*Graph answers 404", "next: +let the user open OneDrive once"}, "job", "watch", job.GetName())
	c.license(user)
	c.heals(user, "files")
}

func unknownUser(c *climate) {
	const nobody = "nobody@contoso.onmicrosoft.com"
	known := c.user()
	c.expect(0, nil, "job", "watch", c.firstJob(known, "mail").GetName())
	c.expect(1, []string{nobody, "Next: "}, "user", "add", nobody)
	c.expect(1, []string{nobody, "Next: .*resource list"}, "backup", "start", "mail:"+nobody)
	c.expect(1, []string{nobody, "Next: "}, "restore", "start", "mail:"+known, "--to", "user="+nobody, "--wait")
	c.expect(1, []string{"snapshot", "Next: "}, "restore", "start", "mail:"+known+"/99", "--wait")
	c.expect(1, []string{"no snapshot 99", "Next: .*snapshot list"}, "verify", "mail:"+known+"/99")
	c.expect(2, []string{"backup-fialed", "Next: perhaps you mean backup-failed"}, "event", "watch", "--event", "backup-fialed")
	c.expect(1, []string{"Nowhere", "Next: "}, "export", "mail:"+known, "--path", "Nowhere", "-o", filepath.Join(c.TempDir(), "x.zip"))
}

// deletedUser: what was backed up stays, and can be given to somebody else.
func deletedUser(c *climate) {
	user, heir := c.user(), c.user()
	c.expect(0, nil, "job", "watch", c.firstJob(user, "mail").GetName())
	c.expect(0, nil, "job", "watch", c.firstJob(heir, "mail").GetName())
	c.graph(http.MethodDelete, "/v1.0/users/"+url.PathEscape(user), "")
	c.expect(1, []string{"failed", "cause: ", "next: "}, "backup", "start", "mail:"+user, "--wait")
	c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", "mail:"+user, "--to", "user="+heir, "--wait")
}

func emptyMailbox(c *climate) {
	user := c.user()
	c.change(user, "mail", `"disaster":"delete"`)
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.firstJob(user, "mail").GetName())
	c.expect(0, []string{"0 failed"}, "export", "mail:"+user, "--format", "mbox", "-o", filepath.Join(c.TempDir(), "empty.mbox"))
	c.expect(0, []string{"succeeded", "0 items"}, "restore", "start", "mail:"+user, "--wait")
	c.expect(0, []string{"0 damaged"}, "verify", "mail:"+user)
}

// oddNames: an export has names that every file system takes; a restore has the names that there were.
func oddNames(c *climate) {
	user := c.user()
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.firstJob(user, "files").GetName())
	path := filepath.Join(c.TempDir(), "files.zip")
	c.expect(0, []string{" 0 failed"}, "export", "files:"+user, "-o", path)
	lines := c.content(user, "files")
	c.portable(path, lines)
	c.heals(user, "files")

	other := c.user()
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.firstJob(other, "mail").GetName())
	path = filepath.Join(c.TempDir(), "mail.zip")
	c.expect(0, []string{" 0 failed"}, "export", "mail:"+other, "-o", path)
	lines = c.content(other, "mail")
	c.portable(path, lines)
}

// device names and characters that Windows refuses in a part of a path:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
var unportable = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)|[<>:"|?*\\\x00-\x1f]|[. ]$|^\.\.?$`)

// portable checks an archive: as many files as mails or files, each under a name of its own that every
// file system takes, and readable to its end.
func (c *climate) portable(path string, lines map[string]int) {
	c.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		c.Fatal(err)
	}
	defer archive.Close()
	seen, files := map[string]bool{}, 0
	for _, entry := range archive.File {
		name := strings.TrimSuffix(entry.Name, "/")
		for part := range strings.SplitSeq(name, "/") {
			if part == "" || len(part) > 255 || !utf8.ValidString(part) || unportable.MatchString(part) {
				c.Errorf("no file system takes %q in %q", part, entry.Name)
			}
		}
		if seen[strings.ToLower(name)] {
			c.Errorf("%q is there twice for a file system that ignores case", entry.Name)
		}
		seen[strings.ToLower(name)] = true
		if !entry.FileInfo().IsDir() {
			files++
		}
		content, err := entry.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, content)
		}
		if err != nil {
			c.Errorf("%s: %v", entry.Name, err)
		}
	}
	items := 0
	for line, n := range lines {
		if !strings.HasPrefix(line, "folder ") {
			items += n
		}
	}
	if files != items {
		c.Errorf("%s has %d files for %d items", filepath.Base(path), files, items)
	}
}

// rivalWriter: another process commits to the same unit in the middle of a backup. The backup notices
// at the vault's head, writes nothing over it, hands its job back, and is done anew at once.
func rivalWriter(c *climate) {
	user := c.user()
	c.expect(0, nil, "job", "watch", c.firstJob(user, "mail").GetName())
	c.change(user, "mail", `"share":0.3`)
	slow := c.fault(user, `{"method":"GET","route":"`+messagesDelta+`","nth":3,"times":4,"action":"delay","delay":700}`)
	c.do("backup", "start", "mail:"+user)
	c.until("the backup is at work", func() bool { return c.hits(user) > 0 })
	c.intrude(user)
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.job(user).GetName())
	if job := c.job(user); job.GetAttempts() < 2 || job.GetFailures() != 1 { // one that the queue has to miss first counts no failure
		c.Errorf("the rival came too late, or the job was not handed back: %d attempts, %d failures", job.GetAttempts(), job.GetFailures())
	}
	slow()
	c.heals(user, "mail")
	c.expect(0, []string{"0 damaged"}, "verify", "mail:"+user)
}

// hits counts how often the faults of a user applied.
func (c *climate) hits(user string) int {
	c.Helper()
	var rules []struct {
		User string
		Hits int
	}
	c.control(http.MethodGet, "/sim/faults", "", &rules)
	hits, id := 0, c.simulator.Directory.Resolve(user)
	for _, rule := range rules {
		if rule.User == id {
			hits += rule.Hits
		}
	}
	return hits
}

// intrude opens the vault as another process of backup-worker would, and commits to a user's unit.
func (c *climate) intrude(user string) {
	c.Helper()
	var all backupv1.ListResourcesResponse
	c.ask(&all, "resource", "list", "--query", user)
	name, unit := all.GetResources()[0].GetName(), all.GetResources()[0].GetUnit()
	connection := m365.ConnectionID(strings.Split(name, "/")[1])
	dir := filepath.Dir(filepath.Dir(c.about.CA))
	certificate, err := pki.Client(filepath.Join(dir, "pki"), identity.BackupWorker)
	if err != nil {
		c.Fatal(err)
	}
	broker, err := rpc.Dial(c.about.Server, certificate, "")
	if err != nil {
		c.Fatal(err)
	}
	defer broker.Close()
	backend, err := filesystem.New(filepath.Join(dir, "vault", string(connection)))
	if err != nil {
		c.Fatal(err)
	}
	v, err := vault.Open(c.Context(), vault.Config{ID: string(connection), Backend: backend, Keys: brokerkeys.New(broker, connection)})
	if err != nil {
		c.Fatal(err)
	}
	session, err := v.Begin(c.Context(), vault.UnitID(unit), vault.Run{ID: "rival"})
	if err != nil {
		c.Fatal(err)
	}
	defer session.Close()
	if _, err := session.Commit(c.Context(), vault.Outcome{}); err != nil {
		c.Fatal(err)
	}
}

// license gives a user a licence, as the tenant's administrator does.
func (c *climate) license(user string) {
	c.Helper()
	c.graph(http.MethodPost, "/v1.0/users/"+url.PathEscape(user)+"/assignLicense",
		`{"addLicenses":[{"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965","disabledPlans":[]}],"removeLicenses":[]}`)
}

// graph is a call to Graph by somebody else.
func (c *climate) graph(method, path, body string) {
	c.Helper()
	reply, err := http.PostForm(c.tenant+"/"+c.simulator.Tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
		"client_id": {c.simulator.ClientID}, "client_secret": {c.simulator.ClientSecret},
	})
	if err != nil {
		c.Fatal(err)
	}
	defer reply.Body.Close()
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&token); err != nil {
		c.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.Context(), method, c.tenant+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Access)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(answer.Body)
		c.Fatal(fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text))
	}
}
