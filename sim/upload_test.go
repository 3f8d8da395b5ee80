package sim_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

const unit = 320 << 10

// session opens an upload and returns its address.
func (c *client) session(path string, item object, more ...any) string {
	c.t.Helper()
	body := object{"item": item}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return c.do("POST", path, body).want(200).text("uploadUrl")
}

// fragment sends bytes from..to of data.
func (c *client) fragment(address string, data []byte, from, to int) answer {
	c.t.Helper()
	got, _ := c.raw("PUT", address, data[from:to], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)))
	return got
}

func TestUploadInFragments(t *testing.T) {
	c, drive := aDrive(t, 0)
	data := bytes.Repeat([]byte("fragment"), 100_000)
	dates := object{"createdDateTime": "2020-01-02T03:04:05Z", "lastModifiedDateTime": "2021-02-03T04:05:06Z"}
	address := c.session(drive+"/root:/made/on the way/%23%25.docx:/createUploadSession", object{"fileSystemInfo": dates})
	for _, step := range []struct {
		what     string
		from, to int
		status   int
		expected string
	}{
		{"a fragment of odd size", 0, 1000, 400, ""},
		{"the first", 0, unit, 202, fmt.Sprintf("[%d-]", unit)},
		{"the first again", 0, unit, 416, ""},
		{"one that leaves a gap", 2 * unit, 2*unit + 10, 416, ""},
		{"the second", unit, 2 * unit, 202, fmt.Sprintf("[%d-]", 2*unit)},
	} {
		got := c.fragment(address, data, step.from, step.to)
		if got.status != step.status || step.expected != "" && fmt.Sprint(got.want(step.status)["nextExpectedRanges"]) != step.expected {
			t.Errorf("%s: %d %s", step.what, got.status, got.body)
		}
	}
	if state, body := c.raw("GET", address, nil); state.status != 200 || !bytes.Contains(body, []byte(fmt.Sprintf(`["%d-"]`, 2*unit))) {
		t.Errorf("%d %s", state.status, body)
	}
	if wrong, _ := c.raw("PUT", address, []byte("x"), "Content-Range", "bytes 655360-655360/655361"); wrong.status != 400 {
		t.Errorf("another total size: %d", wrong.status)
	}
	made := c.fragment(address, data, 2*unit, len(data)).want(201)
	if info := object(made["fileSystemInfo"].(map[string]any)); info.text("createdDateTime") != dates["createdDateTime"] || info.text("lastModifiedDateTime") != dates["lastModifiedDateTime"] {
		t.Errorf("%v", info)
	}
	if got := c.content(drive + "/items/" + made.text("id") + "/content"); !bytes.Equal(got, data) {
		t.Error("the content differs")
	}
	if c.do("GET", drive+"/root:/Made/On the Way/%23%25.docx", nil).want(200).text("name") != "#%.docx" {
		t.Error("folders on the way are made")
	}
	if gone, _ := c.raw("GET", address, nil); gone.status != 404 {
		t.Errorf("a session that is over: %d", gone.status)
	}
}

func TestUploadsCanBeGivenUpAndDeferred(t *testing.T) {
	c, drive := aDrive(t, 0)
	address := c.session(drive+"/root:/a:/createUploadSession", nil)
	if given, _ := c.raw("DELETE", address, nil); given.status != 204 {
		t.Error(given.status)
	}
	if gone := c.fragment(address, []byte("abc"), 0, 3); gone.status != 404 {
		t.Error(gone.status)
	}
	address = c.session(drive+"/root:/a:/createUploadSession", nil, "deferCommit", true)
	if got := c.fragment(address, []byte("abc"), 0, 3).want(202); fmt.Sprint(got["nextExpectedRanges"]) != "[]" {
		t.Errorf("%v", got)
	}
	c.do("GET", drive+"/root:/a", nil).want(404)
	if done, body := c.raw("POST", address, nil); done.status != 201 {
		t.Errorf("%d %s", done.status, body)
	}
	if got := c.do("POST", drive+"/root:/b:/createUploadSession", object{"item": object{"fileSize": 2 << 40}}); got.status != 507 || got.code() != "quotaLimitReached" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestTakenNames(t *testing.T) {
	c, drive := aDrive(t, 0)
	root := c.do("GET", drive+"/root", nil).want(200).text("id")
	put := func(name, text, behaviour string) answer {
		return c.do("PUT", drive+"/items/"+root+":/"+name+":/content?@microsoft.graph.conflictBehavior="+behaviour, []byte(text), "Content-Type", "text/plain")
	}
	first := put("a.txt", "1", "fail").want(201)
	if got := put("A.TXT", "2", "fail"); got.status != 409 || got.code() != "nameAlreadyExists" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := put("A.TXT", "2", "replace").want(200); got.text("id") != first.text("id") || got.text("cTag") == first.text("cTag") || got.text("eTag") == first.text("eTag") {
		t.Errorf("%v", got)
	}
	if got := put("a.txt", "3", "rename").want(201); got.text("name") != "a 1.txt" {
		t.Errorf("%v", got)
	}
	if got := put("a.txt", "3", "some"); got.status != 400 {
		t.Error(got.status)
	}
	// the name is taken while the upload is under way
	failing := object{"@microsoft.graph.conflictBehavior": "fail"}
	address := c.session(drive+"/items/"+root+":/late.txt:/createUploadSession", failing)
	put("late.txt", "x", "fail").want(201)
	if got := c.fragment(address, []byte("abc"), 0, 3); got.status != 409 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := c.do("POST", drive+"/items/"+root+":/late.txt:/createUploadSession", object{"item": failing}); got.status != 409 {
		t.Errorf("%d %s", got.status, got.body)
	}
	address = c.session(drive+"/items/"+root+":/late.txt:/createUploadSession", nil) // what is left out replaces
	c.fragment(address, []byte("abc"), 0, 3).want(200)
	c.do("PUT", drive+"/items/"+first.text("id")+"/content", []byte("4"), "Content-Type", "text/plain", "If-Match", first.text("eTag")).want(412)
}

func TestFoldersAreMade(t *testing.T) {
	c, drive := aDrive(t, 0)
	folder := func(name, behaviour string) answer {
		return c.do("POST", drive+"/root/children", object{"name": name, "folder": object{}, "@microsoft.graph.conflictBehavior": behaviour,
			"fileSystemInfo": object{"lastModifiedDateTime": "2020-01-02T03:04:05Z"}})
	}
	made := folder("Reports", "fail").want(201)
	if info := object(made["fileSystemInfo"].(map[string]any)); info.text("lastModifiedDateTime") != "2020-01-02T03:04:05Z" {
		t.Errorf("%v", info)
	}
	if got := folder("reports", "fail"); got.status != 409 || got.code() != "nameAlreadyExists" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := folder("reports", "rename").want(201); got.text("name") != "reports 1" {
		t.Errorf("%v", got)
	}
	if got := folder("reports", "replace").want(200); got.text("id") != made.text("id") {
		t.Errorf("%v", got)
	}
}

func TestNamesThatSharePointRefuses(t *testing.T) {
	c, drive := aDrive(t, 0)
	for name, taken := range map[string]bool{
		"a:b": false, "a*": false, "a|b": false, "what?": false, `quo"te`: false, "<a>": false, `back\slash`: false, " leading": false, "trailing ": false,
		"dot.": false, "CON": false, "com1": false, "desktop.ini": false, "~$lock.docx": false, "x_vti_y": false, ".lock": false, "forms": false, "": false,
		strings.Repeat("x", 256): false, "tab\t": false,
		"con.txt": true, ".hidden": true, "#1": true, "100%": true, "a..b": true, "ä": true, strings.Repeat("x", 255): true, "~tilde": true, "Com10": true,
	} {
		got := c.do("POST", drive+"/root/children", object{"name": name, "folder": object{}})
		if taken != (got.status == 201) || !taken && got.code() != "invalidRequest" {
			t.Errorf("%q: %d %s", name, got.status, got.code())
		}
	}
	deep := drive + "/root:/" + strings.Repeat("x", 200) + "/" + strings.Repeat("y", 200) + ":/content"
	if got := c.do("PUT", deep, []byte("x"), "Content-Type", "text/plain"); got.status != 400 || !bytes.Contains(got.body, []byte("pathIsTooLong")) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestItemsAreRenamedMovedAndDeleted(t *testing.T) {
	c, drive := aDrive(t, 0)
	file := c.do("PUT", drive+"/root:/a/b/c.txt:/content", []byte("abc"), "Content-Type", "text/plain").want(201)
	folder, path := c.do("GET", drive+"/root:/a", nil).want(200), drive+"/items/"+file.text("id")
	inner := c.do("GET", drive+"/root:/a/b", nil).want(200)
	if folder["size"] != 3.0 {
		t.Errorf("%v", folder["size"])
	}
	if got := c.do("PATCH", drive+"/items/"+folder.text("id"), object{"parentReference": object{"id": inner.text("id")}}); got.status != 400 {
		t.Errorf("into itself: %d", got.status)
	}
	root := c.do("GET", drive+"/root", nil).want(200)
	moved := c.do("PATCH", path, object{"name": "d.TXT", "parentReference": object{"id": root.text("id")},
		"fileSystemInfo": object{"lastModifiedDateTime": "2020-01-02T03:04:05.6Z"}}, "If-Match", file.text("eTag")).want(200)
	if moved.text("lastModifiedDateTime") != "2020-01-02T03:04:05Z" || moved.text("cTag") != file.text("cTag") {
		t.Errorf("%v", moved)
	}
	c.do("PATCH", path, object{"name": "x"}, "If-Match", file.text("eTag")).want(412)
	c.do("PATCH", path, object{"name": "A"}).want(409)
	if got := c.do("PATCH", path, object{"name": "D.txt"}).want(200); got.text("name") != "D.txt" {
		t.Error("the case of a name can change")
	}
	if got := c.do("GET", drive+"/root:/a", nil).want(200); got["size"] != 0.0 {
		t.Errorf("%v", got["size"])
	}
	c.do("DELETE", drive+"/items/"+folder.text("id"), nil).want(204)
	c.do("GET", drive+"/items/"+inner.text("id"), nil).want(404)
	c.do("DELETE", path, nil).want(204)
	if quota := object(c.do("GET", drive, nil).want(200)["quota"].(map[string]any)); quota["deleted"] != 3.0 || quota["used"] != 0.0 {
		t.Errorf("%v", quota)
	}
	c.do("DELETE", drive+"/items/root", nil).want(403)
}

func TestVersions(t *testing.T) {
	c, drive := aDrive(t, 0)
	var file object
	for n, text := range []string{"one", "two", "three"} {
		file = c.do("PUT", drive+"/root:/a.txt:/content", []byte(text), "Content-Type", "text/plain").want([]int{201, 200, 200}[n])
	}
	path := drive + "/items/" + file.text("id")
	versions := c.do("GET", path+"/versions", nil).want(200).items()
	if len(versions) != 3 || versions[0].text("id") != "3.0" || versions[2]["size"] != 3.0 {
		t.Fatalf("%v", versions)
	}
	if got := string(c.content(path + "/versions/2.0/content")); got != "two" {
		t.Error(got)
	}
	c.do("GET", path+"/versions/3.0/content", nil).want(400)
	c.do("POST", path+"/versions/1.0/restoreVersion", nil).want(204)
	if got := string(c.content(path + "/content")); got != "one" {
		t.Error(got)
	}
	if got := c.do("GET", path+"/permissions", nil).want(200).items(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestUsersWithoutADrive(t *testing.T) {
	c := start(t, sim.Config{Users: 100, Seed: 7})
	without := 0
	for _, person := range c.tenant.Directory.People() {
		if got := c.do("GET", "/users/"+person.ID+"/drive", nil); got.status == 404 {
			if without++; !bytes.Contains(got.body, []byte("User's mysite not found.")) {
				t.Errorf("%s", got.body)
			}
		}
	}
	if without == 0 {
		t.Error("everybody has a drive")
	}
	c.do("GET", "/drives/b!nonsense", nil).want(400)
}
