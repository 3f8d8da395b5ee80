package mailtarget

import (
	"context"
	"encoding/json"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/rewind"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// The parts of a message in a snapshot: see package content of the vault.
const itemPart = "item"

func read(ctx context.Context, job restore.Job, part string) ([]byte, error) {
	stream, err := job.Open(ctx, part)
	if err != nil {
		return nil, fault.Wrap("read from snapshot", err)
	}
	data, err := io.ReadAll(stream)
	if closeErr := stream.Close(); err == nil {
		err = closeErr
	}
	return data, fault.Wrap("read from snapshot", err)
}

// prepare makes the draft of a message and its attachments. done gives back what it holds open.
func prepare(ctx context.Context, job restore.Job) (draft mail.Draft, done func(), err error) {
	raw, err := read(ctx, job, itemPart)
	if err != nil {
		return mail.Draft{}, nil, err
	}
	var streams []*rewind.Reader
	done = func() {
		for _, stream := range streams {
			_ = stream.Close() // it was only read
		}
	}
	var uploads []mail.Upload
	for _, a := range snapshot.Attachments(job.Item) {
		upload, err := attachment(ctx, job, a)
		if err != nil {
			done()
			return mail.Draft{}, nil, err
		}
		if stream, ok := upload.Content.(*rewind.Reader); ok {
			streams = append(streams, stream)
		}
		uploads = append(uploads, upload)
	}
	if len(uploads) == 0 {
		for inside := range rawjson.Elements(rawjson.Field(raw, "attachments")) {
			uploads = append(uploads, mail.Upload{Raw: inside})
		}
	}
	draft, err = mail.NewDraft(raw, uploads, marker(job.Mark))
	if err != nil {
		done()
		return mail.Draft{}, nil, err
	}
	return draft, done, nil
}

// attachment reads what was said about an attachment; content that is kept by itself is streamed.
func attachment(ctx context.Context, job restore.Job, a snapshot.Attachment) (mail.Upload, error) {
	raw, err := read(ctx, job, a.Part)
	if err != nil {
		return mail.Upload{}, err
	}
	if a.Content == "" {
		return mail.Upload{Raw: raw}, nil
	}
	if rawjson.Text(rawjson.Field(raw, "@odata.type")) == "#microsoft.graph.itemAttachment" {
		if raw, err = asFile(rawjson.Text(rawjson.Field(raw, "name"))); err != nil {
			return mail.Upload{}, err
		}
	}
	content := rewind.New(func() (io.ReadCloser, error) { return job.Open(ctx, a.Content) })
	return mail.Upload{Raw: raw, Content: content, Size: a.Size}, nil
}

// asFile describes an attached message as a file of its MIME text.
func asFile(name string) ([]byte, error) {
	return json.Marshal(map[string]string{
		"@odata.type": "#microsoft.graph.fileAttachment", "name": name + ".eml", "contentType": "message/rfc822",
	})
}
