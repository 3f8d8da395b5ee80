package mailsource

import (
	"encoding/base64"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/mailbox"
)

func changeOf(c mail.Change) mailbox.Change {
	if c.Removed {
		return mailbox.Change{ID: c.ID, Removed: true}
	}
	summary := mail.Summarise(c.Raw)
	change := mailbox.Change{
		ID: c.ID, Folder: summary.Parent, Subject: summary.Subject, From: sender(summary), To: cut(summary.To), Date: summary.Date(),
		JSON: c.Raw, Err: c.Err, MIME: isSpecial(c.Raw),
	}
	if len(c.Attachments) > 0 {
		change.Attachments = make([]mailbox.Attachment, len(c.Attachments))
		for i, a := range c.Attachments {
			change.Attachments[i] = attachmentOf(a)
			change.MIME = change.MIME || isSecured(a.Raw)
		}
	}
	return change
}

// leastContent is from how many characters of base64 on the content of a file is kept by itself.
const leastContent = 1 << 10

// attachmentOf takes the content of a file out of its JSON: as bytes it is a quarter shorter, needs no
// second compression to get rid of that, and the same logo or report is stored once however many
// messages it hangs on.
func attachmentOf(a mail.Attachment) mailbox.Attachment {
	if a.Open != nil {
		return mailbox.Attachment{JSON: a.Raw, Open: a.Open}
	}
	quoted := rawjson.Field(a.Raw, "contentBytes")
	if len(quoted) < leastContent {
		return mailbox.Attachment{JSON: a.Raw}
	}
	content, _ := contents.Get().([]byte)
	content, err := base64.StdEncoding.AppendDecode(content[:0], quoted[1:len(quoted)-1])
	if err != nil { // not what base64 looks like, or with escapes in it: it stays as it is
		return mailbox.Attachment{JSON: a.Raw}
	}
	return mailbox.Attachment{JSON: rawjson.Without(a.Raw, "contentBytes"), Content: content}
}

// contents are the memory of contents, up to mostKept bytes each.
var contents sync.Pool

const mostKept = 1 << 20

// recycle takes back the memory of a change whose time is over.
func recycle(change mailbox.Change) {
	for _, a := range change.Attachments {
		if c := cap(a.Content); c > 0 && c <= mostKept {
			contents.Put(a.Content[:0])
		}
	}
}

func sender(s mail.Summary) string {
	if s.FromName == "" || s.FromName == s.FromAddress {
		return s.FromAddress
	}
	return s.FromName + " <" + s.FromAddress + ">"
}

// mostRecipients is how many are kept for searching; a list of thousands would swell the catalog.
const mostRecipients = 20

func cut(recipients string) string {
	rest := recipients
	for range mostRecipients {
		_, after, more := strings.Cut(rest, ", ")
		if !more {
			return recipients
		}
		rest = after
	}
	return strings.TrimSuffix(recipients, ", "+rest)
}

// isSpecial tells whether a message is of another class than IPM.Note, as far as Graph shows that:
// meeting requests and the like have a type of their own. Their MIME carries what JSON does not.
func isSpecial(raw []byte) bool {
	for name, value := range rawjson.Members(raw) {
		if string(name) == "@odata.type" {
			return string(value) != `"#microsoft.graph.message"`
		}
		if name[0] != '@' {
			return false // control information comes first
		}
	}
	return false
}

// Types of attachment that make a message a signed or encrypted one (RFC 8551). Exchange shows such
// a message as one attachment; a signature is over the bytes of the MIME.
var secured = []string{"multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature", "application/x-pkcs7-signature"}

func isSecured(attachment []byte) bool {
	kind := rawjson.Text(rawjson.Field(attachment, "contentType"))
	for _, s := range secured {
		if len(kind) >= len(s) && strings.EqualFold(kind[:len(s)], s) {
			return true
		}
	}
	return strings.EqualFold(rawjson.Text(rawjson.Field(attachment, "name")), "smime.p7m")
}

// withoutContext takes out what a single message has and one on a page has not.
func withoutContext(raw []byte) []byte {
	return rawjson.Without(rawjson.Repair(raw), "@odata.context")
}
