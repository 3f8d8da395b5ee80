package sim_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttachmentsAreReadAsListedAndSingly(t *testing.T) {
	c, user := mailbox(t, 300)
	messages, _ := c.all(user + "/messages?$top=100&$select=id,hasAttachments&$expand=attachments")
	kinds := map[string]int{}
	for _, m := range messages {
		for _, a := range m.list("attachments") {
			kinds[a.text("@odata.type")]++
			if a.text("@odata.type") != "#microsoft.graph.fileAttachment" || kinds[a.text("@odata.type")] > 3 {
				continue
			}
			one := c.do("GET", user+"/messages/"+m.text("id")+"/attachments/"+a.text("id"), nil).want(200)
			raw := c.do("GET", user+"/messages/"+m.text("id")+"/attachments/"+a.text("id")+"/$value", nil)
			if one.text("contentBytes") != a.text("contentBytes") || base64.StdEncoding.EncodeToString(raw.body) != a.text("contentBytes") {
				t.Errorf("%s differs by way of reading", a.text("name"))
			}
			if got := float64(len(raw.body)); a["size"] != got {
				t.Errorf("%s: size %v, %v bytes", a.text("name"), a["size"], got)
			}
		}
	}
	if kinds["#microsoft.graph.fileAttachment"] < 30 || kinds["#microsoft.graph.itemAttachment"] == 0 {
		t.Errorf("%v", kinds)
	}
}

func TestAMailInsideAMailIsExpanded(t *testing.T) {
	c, user := mailbox(t, 10)
	made := c.do("POST", user+"/mailFolders/inbox/messages", object{"subject": "Outer", "attachments": []object{{
		"@odata.type": "#microsoft.graph.itemAttachment", "name": "Inner", "item": object{
			"@odata.type": "#microsoft.graph.message", "subject": "Inner", "body": object{"contentType": "text", "content": "hello"},
			"attachments": []object{{"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "YWJj"}}}}}}).want(201).text("id")
	list, _ := c.all(user + "/messages/" + made + "/attachments?$expand=microsoft.graph.itemAttachment/item")
	item := object(list[0]["item"].(map[string]any))
	if item.text("subject") != "Inner" || item.text("importance") != "normal" || item.list("attachments")[0].text("contentBytes") != "YWJj" {
		t.Errorf("%v", item)
	}
	one := c.do("GET", user+"/messages/"+made+"/attachments/"+list[0].text("id")+"?$expand=microsoft.graph.itemAttachment/item", nil).want(200)
	if diff := cmp.Diff(list[0]["item"], one["item"]); diff != "" || item.text("@odata.type") != "#microsoft.graph.message" {
		t.Errorf("read by itself it is not what the list says: %s", diff)
	}
	mime := c.do("GET", user+"/messages/"+made+"/attachments/"+list[0].text("id")+"/$value", nil)
	if !strings.Contains(string(mime.body), "Subject: Inner") {
		t.Errorf("%s", mime.body)
	}
}

func TestLargeAttachmentsGoThroughASession(t *testing.T) {
	c, user := mailbox(t, 10)
	message := user + "/messages/" + c.do("POST", user+"/messages", object{"subject": "Large"}).want(201).text("id")
	content := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	session := c.do("POST", message+"/attachments/createUploadSession", object{
		"AttachmentItem": object{"attachmentType": "file", "name": "large.bin", "size": len(content)}}).want(201)
	const piece = 3 << 20
	if out := c.put(session.text("uploadUrl"), content[piece:], piece, len(content)); out != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a piece out of turn: %d", out)
	}
	if first := c.put(session.text("uploadUrl"), content[:piece], 0, len(content)); first != http.StatusOK {
		t.Errorf("first piece: %d", first)
	}
	if last := c.put(session.text("uploadUrl"), content[piece:], piece, len(content)); last != http.StatusCreated {
		t.Errorf("last piece: %d", last)
	}
	routes := c.do("GET", "/sim/ledger", nil).want(200)["routes"].(map[string]any)
	if puts := routes["PUT /outlook.office.com"].(map[string]any); puts["requests"] != 3.0 {
		t.Errorf("the ledger has %v", puts)
	}
	list, _ := c.all(message + "/attachments?$select=id,name,size")
	if len(list) != 1 || list[0]["size"] != float64(len(content)) {
		t.Fatalf("%v", list)
	}
	if back := c.do("GET", message+"/attachments/"+list[0].text("id")+"/$value", nil); !bytes.Equal(back.body, content) {
		t.Error("the content differs")
	}
	if got := c.put(session.text("uploadUrl"), content[:piece], 0, len(content)); got != http.StatusNotFound {
		t.Errorf("a session that is over: %d", got)
	}
	if got := c.do("POST", message+"/attachments", object{"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": make([]byte, 6<<20)}); got.status != 413 {
		t.Errorf("too large for one POST: %d", got.status)
	}
}

// put sends a piece without a token, as the session wants it.
func (c *client) put(address string, piece []byte, from, total int) int {
	c.t.Helper()
	request, err := http.NewRequest(http.MethodPut, address, bytes.NewReader(piece))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+len(piece)-1, total))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
