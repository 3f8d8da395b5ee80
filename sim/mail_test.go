package sim_test

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

const immutable = `IdType="ImmutableId"`

func mailbox(t *testing.T, mails int) (*client, string) {
	t.Helper()
	c := start(t, sim.Config{Users: 2, Mails: mails, Seed: 7})
	return c, "/users/" + c.user(0).text("id")
}

func TestFoldersAreListedByLevelAndByWellKnownName(t *testing.T) {
	c, user := mailbox(t, 200)
	visible, _ := c.all(user + "/mailFolders")
	all, _ := c.all(user + "/mailFolders?includeHiddenFolders=true&$top=100")
	if len(visible) >= len(all) || len(visible) < 8 {
		t.Errorf("%d visible, %d with hidden ones", len(visible), len(all))
	}
	inbox := c.do("GET", user+"/mailFolders/Inbox", nil).want(200)
	below, _ := c.all(user + "/mailFolders/" + inbox.text("id") + "/childFolders")
	if inbox.text("displayName") != "Inbox" || len(below) != 1 || below[0].text("parentFolderId") != inbox.text("id") {
		t.Errorf("%v above %v", inbox, below)
	}
	total := 0.0
	folders, _ := c.all(user + "/mailFolders/delta")
	for _, folder := range folders {
		total += folder["totalItemCount"].(float64)
	}
	if total != 200 {
		t.Errorf("%v mails in all folders", total)
	}
}

func TestConversationIndexIsPlainBase64(t *testing.T) {
	c, user := mailbox(t, 50)
	listed, _ := c.all(user + "/messages")
	for _, message := range listed {
		if index, err := base64.StdEncoding.DecodeString(message.text("conversationIndex")); err != nil || len(index) != 22 || index[0] != 1 {
			t.Errorf("%q: %v", message.text("conversationIndex"), err)
		}
	}
	if len(listed) != 50 {
		t.Errorf("%d messages", len(listed))
	}
}

func TestListAndDeltaShowTheSameMessages(t *testing.T) {
	c, user := mailbox(t, 300)
	listed, _ := c.all(user+"/mailFolders/inbox/messages?$top=50", "Prefer", immutable)
	synced, _ := c.all(user+"/mailFolders/inbox/messages/delta", "Prefer", immutable, "Prefer", "odata.maxpagesize=40")
	byID := map[string]object{}
	for _, m := range synced {
		delete(m, "@odata.type")
		byID[m.text("id")] = m
	}
	for i, m := range listed {
		if diff := cmp.Diff(byID[m.text("id")], m); diff != "" {
			t.Fatal(diff)
		}
		if i > 0 && m.text("receivedDateTime") > listed[i-1].text("receivedDateTime") {
			t.Error("the list is not newest first")
		}
	}
	if len(listed) != len(synced) {
		t.Errorf("%d listed, %d synced", len(listed), len(synced))
	}
}

func TestMessageDeltaReportsWhatHappened(t *testing.T) {
	c, user := mailbox(t, 100)
	inbox := user + "/mailFolders/inbox/messages"
	known, link := c.all(inbox+"/delta?$select=subject,isRead", "Prefer", immutable, "Prefer", "odata.maxpagesize=7")
	read, moved, deleted := known[0].text("id"), known[1].text("id"), known[2].text("id")
	c.do("PATCH", user+"/messages/"+read, object{"isRead": known[0]["isRead"] != true}).want(200)
	c.do("POST", user+"/messages/"+moved+"/move", object{"destinationId": "archive"}, "Prefer", immutable).want(201)
	c.do("DELETE", user+"/messages/"+deleted, nil).want(204)
	made := c.do("POST", inbox, object{"subject": "New"}, "Prefer", immutable).want(201).text("id")

	changes, _ := c.all(link, "Prefer", immutable)
	got := map[string]string{}
	for _, m := range changes {
		got[m.text("id")] = "there"
		if m["@removed"] != nil {
			got[m.text("id")] = "gone"
		}
	}
	want := map[string]string{read: "there", moved: "gone", deleted: "gone", made: "there"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	created, _ := c.all(inbox+"/delta?$select=id&changeType=created&$filter="+url.QueryEscape("receivedDateTime ge 2030-01-01T00:00:00Z"), "Prefer", immutable)
	if len(created) != 0 {
		t.Errorf("a filter on the date lets %d through", len(created))
	}
	capped, _ := c.all(inbox + "/delta?$top=5")
	if len(capped) != 5 {
		t.Errorf("$top=5 caps the round at %d", len(capped))
	}
}

func TestIdsSurviveAMoveOnlyIfImmutable(t *testing.T) {
	c, user := mailbox(t, 50)
	plain := c.do("GET", user+"/mailFolders/inbox/messages?$top=1&$select=id", nil).want(200).items()[0].text("id")
	fixed := c.do("GET", user+"/messages/"+plain, nil, "Prefer", immutable).want(200).text("id")
	c.do("POST", user+"/messages/"+fixed+"/move", object{"destinationId": "archive"}).want(201)
	c.do("GET", user+"/messages/"+fixed, nil).want(200)
	if got := c.do("GET", user+"/messages/"+plain, nil); got.status != 404 || got.code() != "ErrorItemNotFound" {
		t.Errorf("old id: %d %s", got.status, got.code())
	}
	if got := c.do("GET", user+"/messages/"+strings.ToLower(fixed), nil); got.status != 404 {
		t.Errorf("ids are case-sensitive, yet lower case gives %d", got.status)
	}
}

func TestLostSyncStateStartsOver(t *testing.T) {
	c, user := mailbox(t, 30)
	first, link := c.all(user + "/mailFolders/inbox/messages/delta?$select=id")
	c.do("POST", "/sim/expire", object{"scope": "mail", "user": strings.TrimPrefix(user, "/users/")}).want(200)
	lost := c.do("GET", link, nil)
	if lost.status != 410 || lost.code() != "SyncStateNotFound" {
		t.Fatalf("%d %s", lost.status, lost.code())
	}
	if again, _ := c.all(lost.header.Get("Location")); len(again) != len(first) {
		t.Errorf("%d messages after starting over, %d before", len(again), len(first))
	}
}

const marker = "String {8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70} Name tenantkeep"

func TestExtendedPropertiesKeepDatesAndStateOfANewMessage(t *testing.T) {
	c, user := mailbox(t, 10)
	properties := []object{{"id": "Integer 0x0E07", "value": "1"}, {"id": "SystemTime 0x0039", "value": "2019-03-04T05:06:07Z"},
		{"id": "SystemTime 0x0E06", "value": "2019-03-04T05:06:09Z"}, {"id": marker, "value": "item-1"}}
	kept := c.do("POST", user+"/mailFolders/inbox/messages", object{"subject": "Old", "singleValueExtendedProperties": properties}).want(201)
	want := object{"sentDateTime": "2019-03-04T05:06:07Z", "receivedDateTime": "2019-03-04T05:06:09Z", "isDraft": false, "isRead": true}
	for name, value := range want {
		if kept[name] != value {
			t.Errorf("%s is %v", name, kept[name])
		}
	}
	fresh := c.do("POST", user+"/mailFolders/inbox/messages", object{"subject": "Fresh"}).want(201)
	if received, err := time.Parse(time.RFC3339, fresh.text("receivedDateTime")); err != nil || time.Since(received) > time.Minute || fresh["isDraft"] != true {
		t.Errorf("without properties: %v, draft %v", fresh["receivedDateTime"], fresh["isDraft"])
	}
	filter := url.QueryEscape("singleValueExtendedProperties/any(ep: ep/id eq '" + marker + "' and ep/value eq 'item-1')")
	found, _ := c.all(user + "/mailFolders/inbox/messages?$select=id&$filter=" + filter)
	if len(found) != 1 || found[0].text("id") != kept.text("id") {
		t.Errorf("by marker: %v", found)
	}
	expand := url.QueryEscape("singleValueExtendedProperties($filter=id eq '" + marker + "' or id eq 'Integer 0x0E07')")
	shown := c.do("GET", user+"/messages/"+kept.text("id")+"?$select=id&$expand="+expand, nil).want(200).list("singleValueExtendedProperties")
	if diff := cmp.Diff([]object{{"id": marker, "value": "item-1"}, {"id": "Integer 0xe07", "value": "1"}}, shown); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesAreFoundByTheirInternetMessageID(t *testing.T) {
	c, user := mailbox(t, 200)
	messages, _ := c.all(user + "/mailFolders/sentitems/messages?$top=100&$select=internetMessageId")
	id := url.QueryEscape("internetMessageId eq '" + messages[9].text("internetMessageId") + "'")
	found, _ := c.all(user + "/mailFolders/sentitems/messages?$select=id&$filter=" + id)
	if len(found) != 1 || found[0].text("id") != messages[9].text("id") {
		t.Errorf("%v", found)
	}
	if elsewhere, _ := c.all(user + "/mailFolders/inbox/messages?$select=id&$filter=" + id); len(elsewhere) != 0 {
		t.Errorf("also found in the inbox: %v", elsewhere)
	}
}

func TestOnlyDraftsCanBeRewritten(t *testing.T) {
	c, user := mailbox(t, 20)
	sent := c.do("GET", user+"/mailFolders/sentitems/messages?$top=1&$select=id", nil).want(200).items()[0].text("id")
	if got := c.do("PATCH", user+"/messages/"+sent, object{"subject": "x"}); got.status != 403 {
		t.Errorf("subject of a sent mail: %d", got.status)
	}
	changed := c.do("PATCH", user+"/messages/"+sent, object{"categories": []string{"A"}, "flag": object{"flagStatus": "flagged"}}).want(200)
	if diff := cmp.Diff([]any{"A"}, changed["categories"]); diff != "" {
		t.Error(diff)
	}
	draft := c.do("POST", user+"/messages", object{"subject": "Draft"}).want(201).text("id")
	if got := c.do("PATCH", user+"/messages/"+draft, object{"subject": "Better"}).want(200); got.text("subject") != "Better" {
		t.Errorf("%v", got)
	}
}

func TestMIMEComesBackAsItWentIn(t *testing.T) {
	c, user := mailbox(t, 10)
	raw := "From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\nTo: a@example.com\r\nSubject: =?iso-8859-1?q?M=FCll?=\r\nMessage-ID: <1@example.com>\r\n" +
		"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n"
	made := c.do("POST", user+"/messages", []byte(base64.StdEncoding.EncodeToString([]byte(raw))), "Content-Type", "text/plain").want(201)
	if made.text("subject") != "Müll" || made["isDraft"] != true || !strings.Contains(made["body"].(map[string]any)["content"].(string), "Grüße") {
		t.Errorf("%v", made)
	}
	if got := c.do("GET", user+"/messages/"+made.text("id")+"/$value", nil); string(got.body) != raw {
		t.Errorf("%q", got.body)
	}
}

func TestAMailboxNeedsALicence(t *testing.T) {
	c, _ := mailbox(t, 10)
	id := c.do("POST", "/users", newUser("no.mail")).want(201).text("id")
	if got := c.do("GET", "/users/"+id+"/mailFolders", nil); got.status != 404 || got.code() != "MailboxNotEnabledForRESTAPI" {
		t.Errorf("%d %s", got.status, got.code())
	}
	if got := c.do("GET", "/users/nobody@x.example/messages", nil); got.status != 404 || got.code() != "ResourceNotFound" {
		t.Errorf("%d %s", got.status, got.code())
	}
}

func TestFoldersAreMadeRenamedMovedAndDeleted(t *testing.T) {
	c, user := mailbox(t, 20)
	_, link := c.all(user + "/mailFolders/delta")
	made := c.do("POST", user+"/mailFolders/msgfolderroot/childFolders", object{"displayName": "One"}).want(201).text("id")
	if again := c.do("POST", user+"/mailFolders", object{"displayName": "ONE"}); again.status != 409 || again.code() != "ErrorFolderExists" {
		t.Errorf("%d %s", again.status, again.code())
	}
	c.do("PATCH", user+"/mailFolders/"+made, object{"displayName": "Two"}).want(200)
	c.do("POST", user+"/mailFolders/"+made+"/move", object{"destinationId": "archive"}).want(201)
	changes, link := c.all(link)
	if len(changes) != 1 || changes[0].text("displayName") != "Two" {
		t.Errorf("%v", changes)
	}
	c.do("DELETE", user+"/mailFolders/"+made, nil).want(204)
	if changes, _ = c.all(link); len(changes) != 1 || changes[0]["@removed"] == nil {
		t.Errorf("%v", changes)
	}
	if got := c.do("DELETE", user+"/mailFolders/inbox", nil); got.status != 400 {
		t.Errorf("the inbox was deleted: %d", got.status)
	}
	if left, _ := c.all(user + "/mailFolders/archive/childFolders"); slices.ContainsFunc(left, func(f object) bool { return f.text("id") == made }) {
		t.Error("the folder is still listed")
	}
}

func TestBatchReachesAMailboxFourAtATime(t *testing.T) {
	c, user := mailbox(t, 60)
	c.do("POST", "/sim/settings", object{"latency": "20ms", "throttle": "published"}).want(200)
	messages, _ := c.all(user + "/mailFolders/inbox/messages?$top=20&$select=id")
	var requests []object
	for i, m := range messages[:20] {
		requests = append(requests, object{"id": string(rune('a' + i)), "method": "GET", "url": user + "/messages/" + m.text("id")})
	}
	c.do("POST", "/sim/ledger/reset", nil).want(200)
	for _, response := range c.do("POST", "/$batch", object{"requests": requests}).want(200).list("responses") {
		if response["status"] != float64(200) {
			t.Errorf("%v", response)
		}
	}
	users := c.do("GET", "/sim/ledger", nil).want(200)["users"].(map[string]any)
	count := users[strings.TrimPrefix(user, "/users/")].(map[string]any)
	if count["requests"] != float64(20) || count["maxConcurrent"] != float64(4) {
		t.Errorf("%v", count)
	}
}
