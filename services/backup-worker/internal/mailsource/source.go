// Package mailsource is a mailbox behind Graph, as the backup of a mailbox reads it.
package mailsource

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/mailbox"
)

// Source is one user's mailbox.
type Source struct {
	mailbox *mail.Mailbox
}

// New returns the user's mailbox. It makes no call.
func New(client *graph.Client, user m365.UserID) *Source {
	return &Source{mailbox: mail.Open(client, user)}
}

var _ mailbox.Source = (*Source)(nil)

// Folders reads the whole tree. Saved searches are left out: they have no messages of their own.
func (s *Source) Folders(ctx context.Context) ([]mailbox.Folder, error) {
	all, err := s.mailbox.Folders(ctx)
	if err != nil {
		return nil, err
	}
	folders := make([]mailbox.Folder, 0, len(all))
	for _, f := range all {
		if !f.Search {
			folders = append(folders, mailbox.Folder{ID: f.ID, Parent: f.Parent, Name: f.Name, WellKnown: f.WellKnown, Hidden: f.Hidden, Messages: f.Messages, JSON: f.Raw})
		}
	}
	return folders, nil
}

// Changes reads what changed in a folder.
func (s *Source) Changes(ctx context.Context, folder m365.FolderID, link string, each func(mailbox.Change) error, page func(next string) error) (string, error) {
	return s.mailbox.Changes(ctx, mail.Round{Folder: folder, Link: link, Attachments: true, Page: page}, func(c mail.Change) error {
		change := changeOf(c)
		defer recycle(change)
		return each(change)
	})
}

// Message reads one message with its attachments.
func (s *Source) Message(ctx context.Context, id m365.ItemID) (mailbox.Change, error) {
	raw, err := s.mailbox.Message(ctx, id)
	if err != nil {
		return mailbox.Change{}, err
	}
	attachments, err := s.mailbox.Attachments(ctx, id)
	if err != nil && attachments == nil {
		return mailbox.Change{}, err
	}
	return changeOf(mail.Change{ID: id, Raw: withoutContext(raw), Attachments: attachments, Err: err}), nil
}

// MIME reads one message as text.
func (s *Source) MIME(ctx context.Context, id m365.ItemID) (io.ReadCloser, error) {
	return s.mailbox.MIME(ctx, id)
}
