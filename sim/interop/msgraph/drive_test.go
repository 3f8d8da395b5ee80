package msgraph_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/microsoftgraph/msgraph-sdk-go/drives"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// node is a file or a folder by its path.
type node struct {
	path string
	item models.DriveItemable
}

// drives walks all folders of all drives.
func (w *world) drives(t *testing.T) {
	walked := 0
	for _, sum := range w.files {
		id := w.graph.driveOf(t, sum.User)
		want, got := map[string]string{}, map[string]string{}
		for _, line := range sum.Lines {
			if line.Path != "" && line.Path != "/" { // the root is no child
				want[line.Path] = line.Kind
			}
		}
		for _, n := range w.graph.below(t, id, "root", "") {
			got[n.path] = map[bool]string{true: "folder", false: "file"}[n.item.GetFolder() != nil]
		}
		same(t, "items of "+sum.Address, want, got)
		walked += len(got)
	}
	if walked < files*w.tenant.Users {
		t.Errorf("%d items are fewer than there are files", walked)
	}
	t.Logf("%d items on %d drives", walked, len(w.files))
}

func (g *graph) driveOf(t *testing.T, user string) string {
	t.Helper()
	drive, err := g.users.ByUserId(user).Drive().Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *drive.GetId()
}

// below is everything in a folder, page by page and folder by folder.
func (g *graph) below(t *testing.T, drive, folder, path string) (found []node) {
	t.Helper()
	first, err := g.drives.ByDriveId(drive).Items().ByDriveItemId(folder).Children().Get(t.Context(),
		&drives.ItemItemsItemChildrenRequestBuilderGetRequestConfiguration{
			QueryParameters: &drives.ItemItemsItemChildrenRequestBuilderGetQueryParameters{Top: &pageSize}})
	for _, item := range all[models.DriveItemable](t, g, first, err, models.CreateDriveItemCollectionResponseFromDiscriminatorValue) {
		n := node{path + "/" + *item.GetName(), item}
		found = append(found, n)
		if item.GetFolder() != nil && *item.GetFolder().GetChildCount() > 0 {
			found = append(found, g.below(t, drive, *item.GetId(), n.path)...)
		}
	}
	return found
}

// driveByDelta walks the changes of a drive: all items, and the root.
func (w *world) driveByDelta(t *testing.T) {
	sum := first(t, w.files)
	id := w.graph.driveOf(t, sum.User)
	page, err := w.graph.drives.ByDriveId(id).Items().ByDriveItemId("root").Delta().GetAsDeltaGetResponse(t.Context(),
		&drives.ItemItemsItemDeltaRequestBuilderGetRequestConfiguration{
			QueryParameters: &drives.ItemItemsItemDeltaRequestBuilderGetQueryParameters{Top: &pageSize}})
	ids := map[string]bool{}
	for _, item := range all[models.DriveItemable](t, w.graph, page, err, drives.CreateItemItemsItemDeltaGetResponseFromDiscriminatorValue) {
		if item.GetRoot() == nil {
			ids[*item.GetId()] = true
		}
	}
	same(t, "items told by delta", len(w.graph.below(t, id, "root", "")), len(ids))
}

// contents downloads some files through the SDK, which follows the redirect to the other host.
func (w *world) contents(t *testing.T) {
	sum := first(t, w.files)
	id, digests := w.graph.driveOf(t, sum.User), map[string]string{}
	for _, line := range sum.Lines {
		digests[line.Path] = line.Detail
	}
	loaded := 0
	for _, n := range w.graph.below(t, id, "root", "") {
		if n.item.GetFile() == nil || loaded == 20 {
			continue
		}
		content, err := w.graph.drives.ByDriveId(id).Items().ByDriveItemId(*n.item.GetId()).Content().Get(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		sha := sha256.Sum256(content)
		if digest := hex.EncodeToString(sha[:]); !strings.Contains(digests[n.path], "sha256="+digest) {
			t.Errorf("%s has SHA-256 %s, and not that of %s", n.path, digest, digests[n.path])
		}
		loaded++
	}
	if loaded == 0 {
		t.Error("there are no files")
	}
}
