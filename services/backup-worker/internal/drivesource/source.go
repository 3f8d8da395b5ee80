// Package drivesource is a user's OneDrive behind Graph, as the backup of a drive reads it.
package drivesource

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	graphdrive "github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/drive"
)

// Source is one user's drive.
type Source struct {
	client *graph.Client
	user   m365.UserID
	drive  *graphdrive.Drive // since Find or Use
}

// New returns the user's drive. It makes no call.
func New(client *graph.Client, user m365.UserID) *Source {
	return &Source{client: client, user: user}
}

var _ drive.Source = (*Source)(nil)

// Find looks up the user's drive and its root folder.
func (s *Source) Find(ctx context.Context) (m365.DriveID, m365.ItemID, error) {
	found, err := graphdrive.Of(ctx, s.client, s.user)
	if err != nil {
		return "", "", err
	}
	s.drive = found
	root, err := found.Root(ctx)
	return found.ID(), root.ID, err
}

// Use goes on with a drive that is known.
func (s *Source) Use(id m365.DriveID) { s.drive = graphdrive.Open(s.client, id) }

// Changes reads what changed in the drive.
func (s *Source) Changes(ctx context.Context, link string, each func(drive.Change) error, page func(next string) error) (string, error) {
	return s.drive.Changes(ctx, graphdrive.Round{Link: link, Page: page}, func(item graphdrive.Item) error { return each(changeOf(item)) })
}

// Item reads one item.
func (s *Source) Item(ctx context.Context, id m365.ItemID) (drive.Change, error) {
	item, err := s.drive.Item(ctx, id)
	if item.ID == "" {
		item.ID = id
	}
	return changeOf(item), err
}

// Content opens the bytes of a file.
func (s *Source) Content(ctx context.Context, file drive.Change) (io.ReadCloser, error) {
	content, err := s.drive.DownloadItem(ctx, graphdrive.Item{ID: file.ID, Address: file.Address}, 0)
	if err != nil {
		return nil, err
	}
	return content, nil
}

func changeOf(item graphdrive.Item) drive.Change {
	return drive.Change{
		ID: item.ID, Parent: item.Parent, Name: item.Name, Root: item.Root, File: item.File, Deleted: item.Deleted,
		// A notebook is a package without a folder facet, and its sections are items below it.
		Folder: item.Folder || rawjson.Field(item.Raw, "package") != nil,
		Size:   item.Size, Hash: item.Hash, CTag: item.CTag, Modified: item.Modified, JSON: item.Raw, Address: item.Address,
	}
}
