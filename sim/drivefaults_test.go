package sim_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
)

const filesHost = "/contoso-my.sharepoint.com"

func TestQuirksOfDrives(t *testing.T) {
	c, drive := aDrive(t, 30)
	put := func(name string) object {
		return c.do("PUT", drive+"/root:/"+name+":/content", []byte("twelve bytes"), "Content-Type", "text/plain").want(201)
	}
	quirk := func(name, route string) func() {
		c.fault(object{"quirk": name, "route": route})
		return func() { c.do("DELETE", "/sim/faults", nil) }
	}
	file := put("a.txt")
	path, address := drive+"/items/"+file.text("id"), file.text("@microsoft.graph.downloadUrl")

	end := quirk("locked-site", "/drives/*")
	if got := c.do("GET", drive+"/root/delta", nil); got.status != 423 || got.code() != "notAllowed" {
		t.Errorf("%d %s", got.status, got.body)
	}
	end()
	end = quirk("locked-file", "")
	for method, at := range map[string]string{"GET": path + "/content", "PATCH": path, "DELETE": path} {
		if got := c.do(method, at, object{}); got.status != 423 || got.code() != "accessDenied" {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	end()
	end = quirk("rewritten-files", "")
	if got := put("b.docx"); got["size"] != 24.0 || len(c.content(drive+"/root:/b.docx:/content")) != 24 {
		t.Errorf("%v", got)
	}
	if got := put("b.txt"); got["size"] != 12.0 {
		t.Errorf("%v", got)
	}
	end()
	heic := put("p.heic")
	end = quirk("wrong-size", "")
	if got := c.do("GET", drive+"/items/"+heic.text("id"), nil).want(200); got["size"] == 12.0 || len(c.content(drive+"/items/"+heic.text("id")+"/content")) != 12 {
		t.Errorf("%v", got)
	}
	end()
	end = quirk("delta-lost", "")
	next := c.do("GET", drive+"/root/delta?$top=10", nil).want(200).text("@odata.nextLink")
	if got := c.do("GET", next, nil); got.status != 404 || got.code() != "itemNotFound" {
		t.Errorf("%d %s", got.status, got.body)
	}
	end()
	end = quirk("range-needs-accept", filesHost)
	if got, _ := c.raw("GET", address, nil, "Range", "bytes=3-"); got.status != 416 {
		t.Error(got.status)
	}
	if got, _ := c.raw("GET", address, nil, "Range", "bytes=3-", "Accept", "*/*"); got.status != 206 {
		t.Error(got.status)
	}
	end()
	end = quirk("ignored-ranges", filesHost)
	if got, whole := c.raw("GET", address, nil, "Range", "bytes=3-"); got.status != 200 || len(whole) != 12 {
		t.Error(got.status)
	}
	end()
	end = quirk("expired-address", "/drives/{drive}/items/{item}")
	if got, _ := c.raw("GET", c.do("GET", path, nil).want(200).text("@microsoft.graph.downloadUrl"), nil); got.status != 401 {
		t.Error(got.status)
	}
	if len(c.content(path+"/content")) != 12 {
		t.Error("the content's own address is good")
	}
	end()
	end = quirk("empty-patch", "")
	c.do("PATCH", path, object{"name": "c.txt"}).want(204)
	end()
	end = quirk("dates-make-versions", "")
	c.do("PATCH", path, object{"fileSystemInfo": object{"lastModifiedDateTime": "2020-01-02T03:04:05Z"}}).want(200)
	if got := c.do("GET", path+"/versions", nil).want(200).items(); len(got) != 2 {
		t.Errorf("%v", got)
	}
	end()
}

func TestInfectedFilesAreHandedOutToNobody(t *testing.T) {
	c, drive := aDrive(t, 0)
	file := c.do("PUT", drive+"/root:/eicar.com:/content", []byte("virus"), "Content-Type", "text/plain").want(201)
	response, body := c.raw("GET", file.text("@microsoft.graph.downloadUrl"), nil)
	if file["malware"] == nil || response.status != 403 || response.header.Get("X-Virus-Infected") != "true" || !bytes.Contains(body, []byte("malwareDetected")) {
		t.Errorf("%v, %d %s", file["malware"], response.status, body)
	}
}

func TestSpoiledUploads(t *testing.T) {
	c, drive := aDrive(t, 0)
	upload := func(name, corrupt string) object {
		c.fault(object{"method": "POST", "route": "/drives/{drive}/root:/{path}/createUploadSession", "action": "corrupt", "corrupt": corrupt})
		address := c.session(drive+"/root:/"+name+":/createUploadSession", object{"fileSystemInfo": object{"lastModifiedDateTime": "2020-01-02T03:04:05Z"}})
		return c.fragment(address, []byte("abc"), 0, 3).want(201)
	}
	upload("byte", "byte")
	if got := string(c.content(drive + "/root:/byte:/content")); got != "acc" {
		t.Error(got)
	}
	if got := upload("flag", "flag").text("lastModifiedDateTime"); got != "2020-01-02T04:04:05Z" {
		t.Error(got)
	}
	dropped := upload("drop", "drop")
	c.do("GET", drive+"/items/"+dropped.text("id"), nil).want(404)
	c.do("GET", drive+"/root:/drop", nil).want(404)
}

func TestBrokenDownloadsAndUploads(t *testing.T) {
	c, drive := aDrive(t, 0)
	data := bytes.Repeat([]byte("x"), 1<<20)
	address := c.session(drive+"/root:/f:/createUploadSession", nil)
	c.fault(object{"route": filesHost, "method": "PUT", "action": "status", "status": 503})
	if got := c.fragment(address, data, 0, unit); got.status != 503 {
		t.Error(got.status)
	}
	c.fragment(address, data, 0, unit).want(202)
	file := c.fragment(address, data, unit, len(data)).want(201)
	c.fault(object{"route": filesHost, "method": "GET", "action": "truncate"})
	response, err := http.Get(file.text("@microsoft.graph.downloadUrl"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if content, err := io.ReadAll(response.Body); err == nil || len(content) >= len(data) || response.ContentLength != int64(len(data)) {
		t.Errorf("%d of %d bytes, %v", len(content), response.ContentLength, err)
	}
}

func TestAHugeFileCostsNothing(t *testing.T) {
	c, drive := aDrive(t, 0)
	c.do("POST", "/sim/file", object{"user": c.tenant.Directory.People()[0].Address, "path": "big/3 GiB.bin", "size": 3 << 30}).want(200)
	file := c.do("GET", drive+"/root:/big/3 GiB.bin?$select=size,@microsoft.graph.downloadUrl", nil).want(200)
	if file["size"] != float64(3<<30) {
		t.Errorf("%v", file["size"])
	}
	response, end := c.raw("GET", file.text("@microsoft.graph.downloadUrl"), nil, "Range", "bytes=3221225462-")
	if response.status != 206 || len(end) != 10 {
		t.Errorf("%d, %d bytes", response.status, len(end))
	}
	if got := c.do("POST", "/sim/file", object{"user": "nobody@x.y", "path": "a", "size": 1}); got.status != 400 {
		t.Error(got.status)
	}
}

func TestAFolderBecomesADrive(t *testing.T) {
	folder := t.TempDir()
	when := time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)
	for name, content := range map[string]string{
		"a/b/c.txt": "content", "empty": "", "a/what?.txt": "q", "CON": "device", "Twin.txt": "1", "twin.TXT": "2", "dot.": "d",
		strings.Repeat("x/", 210) + "deep": "too deep",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(folder, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	c := start(t, sim.Config{Users: 1, Files: 10, Load: []sim.Load{{Address: "real@contoso.onmicrosoft.com", Path: folder}}})
	drive := c.driveOf("real@contoso.onmicrosoft.com")
	file := c.do("GET", drive+"/root:/a/b/c.txt", nil).want(200)
	if got := string(c.content(drive + "/root:/a/b/c.txt:/content")); got != "content" || file.text("lastModifiedDateTime") != when.Format(time.RFC3339) {
		t.Errorf("%q %v", got, file)
	}
	known := tree{}
	known.read(t, c, drive+"/root/delta")
	paths := known.paths()
	for _, want := range []string{"/a/what_.txt", "/_CON_", "/Twin.txt", "/twin 1.TXT", "/_dot._", "/empty"} {
		if paths[want] == nil {
			t.Errorf("%s is missing", want)
		}
	}
	for path := range paths {
		if strings.HasSuffix(path, "deep") || strings.HasPrefix(path, "/link") {
			t.Errorf("%s is there", path)
		}
	}
}

func TestPublishedLimitsOfDrives(t *testing.T) {
	c := start(t, sim.Config{Users: 1, Seed: 7, Throttle: true, Now: fixedClock})
	drive := c.driveOf(c.tenant.Directory.People()[0].ID) // 1 of 1250 units
	link := c.do("GET", drive+"/root/delta", nil).want(200).text("@odata.deltaLink")
	for range 996 { // with a token, a delta costs 1 unit instead of 2
		if got := c.do("GET", link, nil); got.status != 200 || got.header.Get("RateLimit-Limit") != "" {
			t.Fatalf("%d %v", got.status, got.header)
		}
	}
	if got := c.do("GET", drive, nil); got.header.Get("RateLimit-Remaining") != "250" {
		t.Errorf("%v", got.header)
	}
	for range 50 {
		c.do("GET", drive+"/items/root/permissions", nil).want(200)
	}
	if got := c.do("GET", drive, nil); got.status != 429 || got.code() != "activityLimitReached" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestFaultsOfOneUserReachTheDrive(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Seed: 7})
	people := c.tenant.Directory.People()
	c.fault(object{"user": people[0].Address, "route": "/drives/*", "action": "status", "status": 503})
	c.do("GET", c.driveOf(people[1].ID), nil).want(200)
	c.do("GET", c.driveOf(people[0].ID), nil).want(503)
	if users := c.tenant.Ledger.Report().Users; users[people[0].ID].Requests != 2 {
		t.Errorf("%+v", users)
	}
}
