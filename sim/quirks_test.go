package sim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// Each of these quirks changes one answer, and only while it is on.
func TestQuirksOfSingleAnswers(t *testing.T) {
	for quirk, test := range map[string]struct {
		method, path string
		body         any
		headers      []string
		with         func(answer) bool
	}{
		"wrong-hash": {"GET", "{drive}/root:/a.txt", nil, nil, func(a answer) bool {
			return strings.Contains(string(a.body), `"quickXorHash":"AAAAAAAA`)
		}},
		"many-children": {"GET", "{drive}/root/children", nil, nil, func(a answer) bool { return a.status == 500 && a.code() == "UnknownError" }},
		"onenote":       {"GET", "{drive}/root:/notes.one:/content", nil, nil, func(a answer) bool { return a.status == 503 }},
		"drive-id-case": {"GET", "{drive}/root:/a.txt", nil, nil, func(a answer) bool {
			return strings.Contains(string(a.body), `{"driveType":"business","driveId":"{id}"`)
		}},
		"lost-location":   {"GET", "{drive}/root/delta?token=", nil, nil, func(a answer) bool { return a.status == 500 }},
		"folder-conflict": {"POST", "{drive}/root/children", object{"name": "new", "folder": object{}, "@microsoft.graph.conflictBehavior": "rename"}, nil, func(a answer) bool { return a.status == 409 }},
		"plain-bodies": {"PATCH", "/users/{user}", gzipped(t, []byte(`{"jobTitle":"x"}`)), []string{"Content-Encoding", "gzip"},
			func(a answer) bool { return a.status == 415 }},
		"synced-users": {"PATCH", "/users/{user}", object{"jobTitle": "y"}, nil, func(a answer) bool { return a.status == 400 }},
	} {
		t.Run(quirk, func(t *testing.T) {
			c := start(t, sim.Config{Users: 1, Seed: 7})
			user := c.user(0).text("id")
			drive := c.driveOf(user)
			for n := range 51 {
				c.do("PUT", fmt.Sprintf("%s/root:/%d.txt:/content", drive, n), []byte("x")).want(201)
			}
			for _, name := range []string{"a.txt", "notes.one"} {
				c.do("PUT", drive+"/root:/"+name+":/content", []byte("x")).want(201)
			}
			path := strings.NewReplacer("{drive}", drive, "{user}", user).Replace(test.path)
			seen := func() bool {
				if strings.HasSuffix(path, "/content") {
					got, _ := c.raw("GET", c.base+"/v1.0"+path, nil, "Authorization", "Bearer "+c.token)
					return test.with(got)
				}
				got := c.do(test.method, path, test.body, test.headers...)
				got.body = []byte(strings.ReplaceAll(string(got.body), strings.ToLower(drive[len("/drives/"):]), "{id}"))
				return test.with(got)
			}
			if seen() {
				t.Error("it is on by itself")
			}
			c.fault(object{"quirk": quirk})
			if !seen() {
				t.Error("it is not on")
			}
		})
	}
}

func TestADriveMayAskForDifferencesToBeUploaded(t *testing.T) {
	c, drive := aDrive(t, 5)
	_, link := c.all(drive + "/root/delta")
	c.do("POST", "/sim/expire", object{"scope": "files"}).want(200)
	c.fault(object{"quirk": "resync-upload"})
	if got := c.do("GET", link, nil); got.status != 410 || !strings.Contains(string(got.body), "resyncChangesUploadDifferences") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestThereIsNobodySignedIn(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	if got := c.do("GET", "/me/messages", nil); got.status != 400 || !strings.Contains(string(got.body), "delegated") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestLimitsAreListedWithTheirSources(t *testing.T) {
	c := start(t, sim.Config{Users: 1})
	var limits []struct{ Name, Source string }
	if err := json.Unmarshal(c.do("GET", "/sim/limits", nil).body, &limits); err != nil || len(limits) < 20 || !strings.HasPrefix(limits[0].Source, "https://") {
		t.Errorf("%v %v", limits, err)
	}
}
