package mail

import (
	"encoding/base64"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
)

// Sizes of what one request may carry. A request to Exchange ends at 4 MB, whatever it is made of:
// https://github.com/microsoftgraph/aspnet-snippets-sample/issues/18. One attachment is posted up to 3 MB; an
// upload session takes none below that (ErrorAttachmentSizeShouldNotBeLessThanMinimumSize):
// https://learn.microsoft.com/en-us/graph/outlook-large-attachments
const (
	maxWithMessage = 3 << 20 // JSON of a message and its attachments together: what is added to it has room
	maxPosted      = 3 << 20 // bytes of an attachment that one POST takes
)

// goAlong takes the attachments, in their order, that fit into the request of a message of size bytes, as
// JSON, and leaves the rest for later.
func goAlong(size int, all []Upload) (along [][]byte, later []Upload, err error) {
	for _, a := range all {
		if size+a.encoded() > maxWithMessage {
			later = append(later, a)
			continue
		}
		body, err := a.posted()
		if err != nil {
			return nil, nil, err
		}
		size += len(body) + 1 // and a comma
		along = append(along, body)
	}
	return along, later, nil
}

// encoded is at most how many bytes of JSON the attachment makes.
func (a Upload) encoded() int {
	size := len(a.Raw) + len(`,"contentBytes":"",`)
	if a.Content != nil {
		size += base64.StdEncoding.EncodedLen(int(min(a.Size, maxWithMessage)))
	}
	return size
}

// posted is the attachment with its content, as a request carries it.
func (a Upload) posted() ([]byte, error) {
	body := attachable(a.Raw)
	if a.Content == nil {
		return body, nil
	}
	content := make([]byte, a.Size)
	if _, err := io.ReadFull(io.NewSectionReader(a.Content, 0, a.Size), content); err != nil {
		return nil, fault.Wrap("read attachment to restore", err)
	}
	body = rawjson.Without(body, "contentBytes")
	body = append(body[:len(body)-1], `,"contentBytes":"`...)
	return append(base64.StdEncoding.AppendEncode(body, content), '"', '}'), nil
}
