package drive

import (
	"context"
	"io"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Conflict is what happens when there is an item of the name already.
type Conflict string

// What Graph can do about it.
const (
	Fail    Conflict = "fail" // the error is Exists
	Replace Conflict = "replace"
	Rename  Conflict = "rename"
)

// File is a file to be made.
type File struct {
	Parent   m365.ItemID
	Name     string
	Content  io.ReaderAt
	Size     int64
	Dates    Dates
	Conflict Conflict // default Fail
}

// sessions is how many upload sessions a file may need: one may die, twice is no accident.
const sessions = 3

// Upload makes a file with its dates: in a session of fragments that goes on where it was after a
// failure, so a file of any size needs one fragment of memory. An empty file has no fragments and
// is put at once. Exhausted means that the drive is full.
//
// A small file takes two requests, and there is no way with fewer that keeps its dates: PUT of the content
// takes none, so it needs a PATCH after it, which makes a second version that counts against the quota
// (https://github.com/OneDrive/onedrive-api-docs/issues/778); and a PUT that is cut off may leave half a file
// (https://github.com/microsoftgraph/microsoft-graph-docs/issues/6818), while a session makes the file
// with its last byte. One request with both (multipart/related) is for personal drives alone:
// https://github.com/OneDrive/onedrive-api-docs/issues/1227.
func (d *Drive) Upload(ctx context.Context, f File) (Item, error) {
	if f.Conflict == "" {
		f.Conflict = Fail
	}
	if f.Size == 0 {
		return d.uploadEmpty(ctx, f)
	}
	for try := 1; ; try++ {
		item, err := d.uploadInSession(ctx, f)
		if err == nil || try == sessions || !fault.Is(err, fault.NotFound) {
			return item, err
		}
		// the session is gone: because it was finished and the answer lost, or really
		if made, found := d.arrived(ctx, f); found {
			return made, nil
		}
	}
}

func (d *Drive) uploadInSession(ctx context.Context, f File) (item Item, err error) {
	properties := map[string]any{"@microsoft.graph.conflictBehavior": string(f.Conflict), "name": f.Name}
	if info := f.Dates.info(); len(info) > 0 {
		properties["fileSystemInfo"] = info
	}
	var session struct {
		UploadURL string `json:"uploadUrl"`
	}
	request := graph.Request{
		Name: "create upload session", Method: http.MethodPost, Repeatable: true,
		Path: d.at(f) + ":/createUploadSession",
		Body: object("item", properties),
	}
	if err := d.client.JSON(ctx, request, &session); err != nil {
		return Item{}, err
	}
	err = d.client.Upload(ctx, graph.UploadSession{
		Name: "upload file", URL: session.UploadURL, Size: f.Size, Content: f.Content, Fragment: graph.FileFragment,
		Done: func(body []byte) error {
			item = ParseItem(rawjson.Without(rawjson.Repair(body), "@odata.context"))
			return nil
		},
	})
	return item, err
}

// arrived looks whether the file is there with the size that was sent. Under Rename it may be any of
// several, so it is taken as lost.
func (d *Drive) arrived(ctx context.Context, f File) (Item, bool) {
	if f.Conflict == Rename {
		return Item{}, false
	}
	item, err := d.Child(ctx, f.Parent, f.Name)
	return item, err == nil && item.Size == f.Size && f.Dates.Modified.Truncate(1e9).Equal(item.Modified.Truncate(1e9))
}

func (d *Drive) uploadEmpty(ctx context.Context, f File) (Item, error) {
	item, err := d.item(ctx, graph.Request{
		Name: "upload file", Method: http.MethodPut,
		Path:   d.at(f) + ":/content",
		Query:  graph.Query("@microsoft.graph.conflictBehavior", string(f.Conflict)),
		Body:   []byte{},
		Header: http.Header{"Content-Type": {"application/octet-stream"}},
	})
	if err != nil || len(f.Dates.info()) == 0 {
		return item, err
	}
	return d.Update(ctx, item.ID, object("fileSystemInfo", f.Dates.info()))
}

// at addresses a file by its parent and name.
func (d *Drive) at(f File) string {
	return d.path("items", string(f.Parent)) + ":" + graph.Path(f.Name)
}
