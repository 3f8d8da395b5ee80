package mime

import (
	"encoding/json"
	"io"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// message is what Graph serves of one:
// https://learn.microsoft.com/en-us/graph/api/resources/message
type message struct {
	Subject         string       `json:"subject"`
	Body            body         `json:"body"`
	From            *person      `json:"from"`
	Sender          *person      `json:"sender"`
	To              []person     `json:"toRecipients"`
	Cc              []person     `json:"ccRecipients"`
	Bcc             []person     `json:"bccRecipients"`
	ReplyTo         []person     `json:"replyTo"`
	Sent            time.Time    `json:"sentDateTime"`
	Received        time.Time    `json:"receivedDateTime"`
	MessageID       string       `json:"internetMessageId"`
	Importance      string       `json:"importance"`
	Categories      []string     `json:"categories"`
	ConversationRef string       `json:"conversationIndex"`
	Draft           bool         `json:"isDraft"`
	ReadReceipt     bool         `json:"isReadReceiptRequested"`
	Attachments     []attachment `json:"attachments"`
}

type body struct {
	Type    string `json:"contentType"`
	Content string `json:"content"`
}

type person struct {
	Address struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

// attachment is one with its content: https://learn.microsoft.com/en-us/graph/api/resources/attachment
type attachment struct {
	Type        string          `json:"@odata.type"`
	Name        string          `json:"name"`
	ContentType string          `json:"contentType"`
	ContentID   string          `json:"contentId"`
	Inline      bool            `json:"isInline"`
	Bytes       []byte          `json:"contentBytes"`
	Item        json.RawMessage `json:"item"`
	SourceURL   string          `json:"sourceUrl"`

	open func() (io.ReadCloser, error) // of content that is kept by itself; nil if it is in Bytes
}

func parse(raw []byte, into any) error {
	return fault.As(fault.Invalid, "read message", json.Unmarshal(raw, into), fault.Reason("MAIL_NOT_A_MESSAGE"),
		fault.Next("what is stored is not what Graph serves for a message; verify the snapshot"))
}
