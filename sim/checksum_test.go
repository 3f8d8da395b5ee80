package sim_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

// copyOf is a whole mailbox as a client reads it: by folder path, parents first.
type copyOf struct {
	paths    []string
	messages map[string][]object
}

// backup reads everything through Graph, as the plainest of all clients would.
func (c *client) backup(user string) copyOf {
	c.t.Helper()
	all := copyOf{messages: map[string][]object{}}
	var walk func(list, path string)
	walk = func(list, path string) {
		folders, _ := c.all(user + list + "?$top=100")
		for _, folder := range folders {
			here := path + folder.text("displayName")
			all.paths = append(all.paths, here)
			messages, _ := c.all(user + "/mailFolders/" + folder.text("id") + "/messages?$top=100&$expand=attachments")
			for _, m := range messages {
				if slices.ContainsFunc(m.list("attachments"), func(a object) bool { return strings.Contains(a.text("@odata.type"), "item") }) {
					full, _ := c.all(user + "/messages/" + m.text("id") + "/attachments?$expand=microsoft.graph.itemAttachment/item")
					m["attachments"] = full
				}
				all.messages[here] = append(all.messages[here], m)
			}
			walk("/mailFolders/"+folder.text("id")+"/childFolders", here+"\x00")
		}
	}
	walk("/mailFolders", "")
	return all
}

// restore writes everything back into an empty mailbox.
func (c *client) restore(user string, all copyOf) {
	c.t.Helper()
	ids := map[string]string{"": "msgfolderroot"}
	for _, path := range all.paths {
		cut := strings.LastIndexByte(path, 0)
		parent := ids[path[:max(cut, 0)]]
		existing, _ := c.all(user + "/mailFolders/" + parent + "/childFolders?$top=100")
		at := slices.IndexFunc(existing, func(f object) bool { return f.text("displayName") == path[cut+1:] })
		if at >= 0 {
			ids[path] = existing[at].text("id")
		} else {
			ids[path] = c.do("POST", user+"/mailFolders/"+parent+"/childFolders", object{"displayName": path[cut+1:]}).want(201).text("id")
		}
		for _, m := range all.messages[path] {
			c.restoreMessage(user, ids[path], m)
		}
	}
}

func (c *client) restoreMessage(user, folder string, m object) {
	c.t.Helper()
	flags := "0"
	if m["isDraft"] == true {
		flags = "8"
	}
	post := object{"singleValueExtendedProperties": []object{{"id": "Integer 0x0E07", "value": flags},
		{"id": "SystemTime 0x0039", "value": m["sentDateTime"]}, {"id": "SystemTime 0x0E06", "value": m["receivedDateTime"]}}}
	for _, name := range strings.Fields("subject body from sender toRecipients ccRecipients bccRecipients replyTo categories flag importance isRead internetMessageId") {
		post[name] = m[name]
	}
	made := c.do("POST", user+"/mailFolders/"+folder+"/messages", post).want(201).text("id")
	for _, a := range m.list("attachments") {
		if size := a["size"].(float64); size > 3<<20 {
			c.uploadWhole(user+"/messages/"+made, a)
			continue
		}
		c.do("POST", user+"/messages/"+made+"/attachments", a).want(201)
	}
}

func (c *client) uploadWhole(message string, a object) {
	c.t.Helper()
	content := c.decode(a.text("contentBytes"))
	address := c.do("POST", message+"/attachments/createUploadSession", object{"AttachmentItem": object{
		"attachmentType": "file", "name": a["name"], "contentType": a["contentType"], "size": len(content)}}).want(201).text("uploadUrl")
	for from := 0; from < len(content); from += 4 << 20 {
		c.put(address, content[from:min(from+4<<20, len(content))], from, len(content))
	}
}

func (c *client) checksum(user string) object {
	c.t.Helper()
	sums := c.do("GET", "/sim/checksum?user="+strings.TrimPrefix(user, "/users/")+"&workload=mail", nil).want(200)
	return sums.list("sums")[0]
}

func TestARestoredMailboxHasTheSameChecksum(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Mails: 250, Seed: 11})
	user := "/users/" + c.user(0).text("id")
	before, all := c.checksum(user), c.backup(user)
	c.do("POST", "/sim/change", object{"user": strings.TrimPrefix(user, "/users/"), "disaster": "delete"}).want(200)
	if empty := c.checksum(user); empty["digest"] == before["digest"] {
		t.Fatal("the disaster changed nothing")
	}
	c.restore(user, all)
	after := c.checksum(user)
	if diff := cmp.Diff(before.list("lines"), after.list("lines")); diff != "" {
		t.Errorf("not as before:\n%s", diff)
	}
	if before["digest"] != after["digest"] {
		t.Error("the digests differ")
	}
}

func TestTheChecksumNamesWhatACorruptionSpoilt(t *testing.T) {
	for _, corruption := range []string{"byte", "flag", "drop"} {
		t.Run(corruption, func(t *testing.T) {
			c := start(t, sim.Config{Users: 1, Mails: 20, Seed: 11})
			user := "/users/" + c.user(0).text("id")
			all := withoutAttachments(c.backup(user)) // nothing to hang on a message that was dropped
			c.do("POST", "/sim/change", object{"disaster": "delete"}).want(200)
			c.restore(user, all)
			before := c.checksum(user)
			c.do("POST", "/sim/change", object{"disaster": "delete"}).want(200)
			c.fault(object{"method": "POST", "route": "/users/{user}/mailFolders/{folder}/messages", "nth": 3, "action": "corrupt", "corrupt": corruption})
			c.restore(user, all)
			lost := difference(before.list("lines"), c.checksum(user).list("lines"))
			if len(lost) != 1 {
				t.Errorf("%d lines differ: %v", len(lost), lost)
			}
		})
	}
}

func withoutAttachments(all copyOf) copyOf {
	for _, messages := range all.messages {
		for _, m := range messages {
			m["attachments"] = []any{}
		}
	}
	return all
}

func difference(before, after []object) []string {
	left := map[string]int{}
	for _, line := range after {
		left[line.text("path")+line.text("digest")]++
	}
	var lost []string
	for _, line := range before {
		if left[line.text("path")+line.text("digest")]--; left[line.text("path")+line.text("digest")] < 0 {
			lost = append(lost, line.text("name"))
		}
	}
	return lost
}

func TestADayOfWorkChangesAShareAndShowsInTheDeltas(t *testing.T) {
	c := start(t, sim.Config{Users: 1, Mails: 400, Seed: 7})
	user := "/users/" + c.user(0).text("id")
	var links []string
	folders, _ := c.all(user + "/mailFolders/delta?$select=id")
	for _, folder := range folders {
		_, link := c.all(user+"/mailFolders/"+folder.text("id")+"/messages/delta?$select=id", "Prefer", "odata.maxpagesize=500")
		links = append(links, link)
	}
	did := c.do("POST", "/sim/change", object{"share": 0.05, "seed": 1}).want(200)["mail"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"created": 8.0, "updated": 8.0, "moved": 2.0, "deleted": 2.0}, did); diff != "" {
		t.Error(diff)
	}
	seen := 0
	for _, link := range links {
		changes, _ := c.all(link)
		seen += len(changes)
	}
	if want := 8 + 8 + 2*2 + 2; seen != want {
		t.Errorf("%d changes in the deltas, %d expected", seen, want)
	}
}

func TestTheSameDayHasTheSameChecksum(t *testing.T) {
	digests := map[any]bool{}
	for range 2 {
		c := start(t, sim.Config{Users: 1, Mails: 50, Seed: 7, Now: fixedClock})
		c.do("POST", "/sim/change", object{"share": 0.2, "seed": 5}).want(200)
		digests[c.do("GET", "/sim/checksum?lines=false", nil).want(200)["digest"]] = true
	}
	if len(digests) != 1 {
		t.Errorf("%v", digests)
	}
}

func TestFilterOfAListIsEscapedInItsNextLink(t *testing.T) {
	c, user := mailbox(t, 200)
	filter := url.QueryEscape("isRead eq true and receivedDateTime ge 2024-01-01T00:00:00Z")
	messages, _ := c.all(user + "/mailFolders/inbox/messages?$top=5&$select=isRead&$filter=" + filter)
	if len(messages) < 20 || slices.ContainsFunc(messages, func(m object) bool { return m["isRead"] != true }) {
		t.Errorf("%d messages", len(messages))
	}
}
