package sim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// aDrive is a tenant of one user and the path of the user's drive.
func aDrive(t *testing.T, files int) (*client, string) {
	t.Helper()
	c := start(t, sim.Config{Users: 1, Files: files, Seed: 7})
	return c, c.driveOf(c.tenant.Directory.People()[0].ID)
}

func (c *client) driveOf(user string) string {
	c.t.Helper()
	return "/drives/" + c.do("GET", "/users/"+user+"/drive", nil).want(200).text("id")
}

// raw sends a request without a token and without following redirects.
func (c *client) raw(method, address string, body []byte, headers ...string) (answer, []byte) {
	c.t.Helper()
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{c.t, response.StatusCode, response.Header, content}, content
}

// content reads a file the way that Graph sends clients.
func (c *client) content(path string) []byte {
	c.t.Helper()
	redirect, _ := c.raw("GET", c.address(path), nil, "Authorization", "Bearer "+c.token)
	if redirect.status != 302 {
		c.t.Fatalf("%s: %d", path, redirect.status)
	}
	response, content := c.raw("GET", redirect.header.Get("Location"), nil)
	if response.status != 200 {
		c.t.Fatalf("%s: %d: %s", path, response.status, content)
	}
	return content
}

// tree applies a delta round to what is known, and tells by path what is there.
type tree map[string]object

func (known tree) read(t *testing.T, c *client, path string, headers ...string) string {
	t.Helper()
	for {
		page := c.do("GET", path, nil, headers...).want(200)
		for _, i := range page.items() {
			if i["deleted"] != nil {
				delete(known, i.text("id"))
				continue
			}
			parent := object(i["parentReference"].(map[string]any)).text("id")
			if i["root"] == nil && known[parent] == nil {
				t.Errorf("%s is told before its folder", i.text("name"))
			}
			known[i.text("id")] = i
		}
		if path = page.text("@odata.nextLink"); path == "" {
			return page.text("@odata.deltaLink")
		}
	}
}

// paths are the files and folders that hang together below the root.
func (known tree) paths() map[string]object {
	all := map[string]object{}
	var path func(object) (string, bool)
	path = func(i object) (string, bool) {
		if i["root"] != nil {
			return "", true
		}
		parent, there := known[object(i["parentReference"].(map[string]any)).text("id")]
		if !there {
			return "", false
		}
		above, there := path(parent)
		return above + "/" + i.text("name"), there
	}
	for _, i := range known {
		if p, there := path(i); there && p != "" {
			all[p] = i
		}
	}
	return all
}

type sums map[string]string // path to size and digest

// checksum is what the control API says of the drive.
func (c *client) files() sums {
	c.t.Helper()
	found := sums{}
	for _, sum := range c.do("GET", "/sim/checksum?workload=files", nil).want(200).list("sums") {
		for _, line := range sum.list("lines") {
			found[line.text("path")] = line.text("detail")
		}
	}
	return found
}

// agree compares what a client knows by deltas with what is there.
func (known tree) agree(t *testing.T, c *client) {
	t.Helper()
	paths, want := known.paths(), c.files()
	for path := range want {
		if paths[path] == nil {
			t.Errorf("%q is not told", path)
		}
	}
	for path, i := range paths {
		detail, there := want[path]
		if size := fmt.Sprintf("size=%.0f ", i["size"]); !there || i["file"] != nil && !strings.HasPrefix(detail, size) {
			t.Errorf("%q (%s) is told and not there: %s", path, size, detail)
		}
	}
}

func TestDriveDeltasTellEverything(t *testing.T) {
	c, drive := aDrive(t, 300)
	known := tree{}
	link := known.read(t, c, drive+"/root/delta?$top=50")
	known.agree(t, c)
	if len(known) < 300 {
		t.Errorf("%d items", len(known))
	}
	for day := range 5 {
		c.do("POST", "/sim/change", object{"workload": "files", "share": 0.1, "seed": day}).want(200)
		link = known.read(t, c, link)
		known.agree(t, c)
	}
	items, _ := c.all(link)
	if len(items) != 0 {
		t.Errorf("%d items although nothing changed", len(items))
	}
	c.do("POST", "/sim/change", object{"workload": "files", "disaster": "delete"}).want(200)
	known.read(t, c, link)
	if paths := known.paths(); len(paths) != 0 {
		t.Errorf("%d items after the disaster", len(paths))
	}
}

func TestLatestDriveTokenKnowsOnlyWhatComes(t *testing.T) {
	c, drive := aDrive(t, 20)
	items, link := c.all(drive + "/root/delta?token=latest")
	if len(items) != 0 {
		t.Errorf("%d items", len(items))
	}
	made := c.do("PUT", drive+"/root:/new.txt:/content", []byte("new"), "Content-Type", "text/plain").want(201)
	items, _ = c.all(link, "deltaExcludeParent", "true")
	if len(items) != 1 || items[0].text("id") != made.text("id") || items[0].text("cTag") != "" {
		t.Errorf("%v", items)
	}
	items, _ = c.all(link)
	if len(items) != 2 || items[0]["root"] == nil {
		t.Errorf("the root goes before what changed in it: %v", items)
	}
	items, _ = c.all(drive + "/root/delta(token='2999-01-01T00:00:00Z')")
	if len(items) != 0 {
		t.Errorf("%d items since a time to come", len(items))
	}
	c.do("DELETE", drive+"/items/"+made.text("id"), nil).want(204)
	items, _ = c.all(link, "deltaExcludeParent", "true")
	if len(items) != 1 || items[0]["deleted"] == nil || items[0].text("name") != "" {
		t.Errorf("%v", items)
	}
}

func TestLostDriveTokens(t *testing.T) {
	c, drive := aDrive(t, 20)
	_, link := c.all(drive + "/root/delta")
	c.do("POST", "/sim/expire", object{"scope": "files"}).want(200)
	lost := c.do("GET", link, nil)
	if lost.status != 410 || lost.code() != "resyncRequired" || !bytes.Contains(lost.body, []byte("resyncChangesApplyDifferences")) {
		t.Fatalf("%d %s", lost.status, lost.body)
	}
	if items, _ := c.all(lost.header.Get("Location")); len(items) < 20 {
		t.Errorf("%d items from the beginning", len(items))
	}
	if got := c.do("GET", drive+"/root/delta?token=nonsense", nil); got.status != 400 || got.code() != "invalidRequest" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestContentsAreOnAnotherHostIfOneIsNamed(t *testing.T) {
	c := start(t, sim.Config{Users: 1, Files: 5, FilesHost: "localhost"})
	drive := c.driveOf(c.tenant.Directory.People()[0].ID)
	made := c.do("PUT", drive+"/root:/a:/content", []byte("abc"), "Content-Type", "text/plain").want(201)
	address := made.text("@microsoft.graph.downloadUrl")
	if !strings.HasPrefix(address, strings.Replace(c.base, "127.0.0.1", "localhost", 1)) {
		t.Error(address)
	}
	if _, body := c.raw("GET", address, nil); string(body) != "abc" {
		t.Errorf("%q", body)
	}
}

func TestDeltaByItemIsThatOfTheRootOnly(t *testing.T) {
	c, drive := aDrive(t, 20)
	folder := c.do("POST", drive+"/root/children", object{"name": "f", "folder": object{}}).want(201)
	root := c.do("GET", drive+"/root", nil).want(200)
	want, _ := c.all(drive + "/root/delta")
	if got, _ := c.all(drive + "/items/" + root.text("id") + "/delta?$top=3"); len(got) < len(want) {
		t.Errorf("%d items of %d", len(got), len(want))
	}
	if got := c.do("GET", drive+"/items/"+folder.text("id")+"/delta", nil); got.status != 501 || got.code() != "notSupported" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestSelectedPropertiesOnly(t *testing.T) {
	c, drive := aDrive(t, 5)
	items, _ := c.all(drive + "/root/delta?$select=name,file&$top=3")
	for _, i := range items {
		if i.text("id") == "" || i.text("name") == "" || i["size"] != nil || i["@microsoft.graph.downloadUrl"] != nil {
			t.Errorf("%v", i)
		}
	}
	if root := c.do("GET", drive+"/root?$select=size", nil).want(200); root["size"] == nil || root["id"] != nil {
		t.Errorf("%v", root)
	}
}

func TestChildrenByIDAndByPath(t *testing.T) {
	c, drive := aDrive(t, 300)
	var children []object
	for path := drive + "/root/children?$top=7"; path != ""; {
		page := c.do("GET", path, nil).want(200)
		children, path = append(children, page.items()...), page.text("@odata.nextLink")
	}
	root := c.do("GET", drive+"/items/root", nil).want(200)
	if count := root["folder"].(map[string]any)["childCount"].(float64); int(count) != len(children) {
		t.Errorf("%d children, %v announced", len(children), count)
	}
	for path, detail := range c.files() {
		escaped := strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
		i := c.do("GET", drive+"/root:"+escaped, nil).want(200)
		name := path[strings.LastIndexByte(path, '/')+1:]
		parent := object(i["parentReference"].(map[string]any))
		if i.text("name") != name {
			t.Errorf("%q is %q", path, i.text("name"))
		}
		again := c.do("GET", drive+"/items/"+parent.text("id")+":/"+url.PathEscape(name), nil).want(200)
		if again.text("id") != i.text("id") || (i["file"] == nil) != (detail == "") {
			t.Errorf("%q is two items", path)
		}
	}
	if got := c.do("GET", drive+"/root:/documents/CONTRACTS", nil).want(200); got.text("name") != "Contracts" {
		t.Error("names are compared without case")
	}
	for _, nowhere := range []string{"/root:/nothing", "/items/01AAAA", "/root:/nothing/at/all"} {
		if got := c.do("GET", drive+nowhere, nil); got.status != 404 || got.code() != "itemNotFound" {
			t.Errorf("%s: %d %s", nowhere, got.status, got.body)
		}
	}
}

func TestDownloads(t *testing.T) {
	c, drive := aDrive(t, 60)
	for path, detail := range c.files() {
		if detail == "" {
			continue
		}
		content := c.content(drive + "/root:" + strings.ReplaceAll(url.PathEscape(path), "%2F", "/") + ":/content")
		sum := sha256.Sum256(content)
		if want := fmt.Sprintf("size=%d sha256=%s", len(content), hex.EncodeToString(sum[:])); !strings.HasPrefix(detail, want) {
			t.Errorf("%s: %s, want %s", path, want, detail)
		}
	}
}

func TestDownloadRanges(t *testing.T) {
	c, drive := aDrive(t, 0)
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	made := c.do("PUT", drive+"/root:/f.bin:/content", data, "Content-Type", "application/octet-stream").want(201)
	address := made.text("@microsoft.graph.downloadUrl")
	response, part := c.raw("GET", address, nil, "Range", "bytes=150005-", "Accept", "*/*")
	if response.status != 206 || !bytes.Equal(part, data[150_005:]) || response.header.Get("Content-Range") != "bytes 150005-199999/200000" {
		t.Errorf("%d %d bytes %s", response.status, len(part), response.header.Get("Content-Range"))
	}
	if response, _ := c.raw("GET", address, nil, "Range", "bytes=200000-"); response.status != 416 {
		t.Errorf("behind the end: %d", response.status)
	}
	if response, _ := c.raw("GET", address, nil, "Authorization", "Bearer "+c.token); response.status != 401 {
		t.Errorf("with a token: %d", response.status)
	}
	if response, _ := c.raw("GET", strings.Replace(address, "tempauth=v1.", "tempauth=v1.A", 1), nil); response.status != 401 {
		t.Errorf("with another ticket: %d", response.status)
	}
}

func TestDrivesTakeManyAtOnce(t *testing.T) {
	c, drive := aDrive(t, 200)
	var running sync.WaitGroup
	for worker := range 6 {
		running.Go(func() {
			for n := range 15 {
				path := fmt.Sprintf("%s/root:/worker %d/%d.txt", drive, worker, n)
				for _, call := range []struct{ method, path string }{
					{"PUT", path + ":/content"}, {"GET", drive + "/root/delta?$top=1000"}, {"GET", drive + "/root/children"}, {"GET", path},
				} {
					if got, err := c.try(call.method, call.path, nil); err != nil || got.status >= 300 {
						t.Errorf("%s %s: %d %v", call.method, call.path, got.status, err)
					}
				}
			}
		})
	}
	running.Wait()
	known := tree{}
	known.read(t, c, drive+"/root/delta")
	known.agree(t, c)
}
