package drive

import (
	"context"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Drive is one drive.
type Drive struct {
	client *graph.Client
	id     m365.DriveID
}

// Of finds the user's OneDrive.
func Of(ctx context.Context, client *graph.Client, user m365.UserID) (*Drive, error) {
	raw, err := client.Bytes(ctx, graph.Request{Name: "get drive of user", Path: graph.Path("users", string(user), "drive"), Query: graph.Query("$select", "id")})
	if err != nil {
		if fault.Is(err, fault.NotFound) { // a user who never opened OneDrive, in yet other words
			return nil, fault.As(fault.Precondition, "get drive of user", err, fault.Reason("GRAPH_NO_DRIVE"),
				fault.Next("let the user open OneDrive once, or exclude files from the profile"))
		}
		return nil, err
	}
	return Open(client, m365.DriveID(rawjson.Text(rawjson.Field(raw, "id")))), nil
}

// Open returns the drive of that id. It makes no call.
func Open(client *graph.Client, id m365.DriveID) *Drive { return &Drive{client, id} }

// ID is the drive's id.
func (d *Drive) ID() m365.DriveID { return d.id }

// Root reads the root folder.
func (d *Drive) Root(ctx context.Context) (Item, error) {
	return d.item(ctx, graph.Request{Name: "get root folder", Path: d.path("root")})
}

// Item reads one item; NotFound if it is gone.
func (d *Drive) Item(ctx context.Context, id m365.ItemID) (Item, error) {
	return d.item(ctx, graph.Request{Name: "get drive item", Path: d.path("items", string(id))})
}

// Child finds an item by its parent and name, which SharePoint compares without case.
func (d *Drive) Child(ctx context.Context, parent m365.ItemID, name string) (Item, error) {
	return d.item(ctx, graph.Request{Name: "find drive item", Path: d.path("items", string(parent)) + ":" + graph.Path(name) + ":"})
}

// CreateFolder makes a folder below parent. If there is an item of that name the error is Exists.
func (d *Drive) CreateFolder(ctx context.Context, parent m365.ItemID, name string, dates Dates) (Item, error) {
	return d.item(ctx, graph.Request{
		Name: "create folder", Method: http.MethodPost, Path: d.path("items", string(parent), "children"),
		Body: object("name", name, "folder", struct{}{}, "@microsoft.graph.conflictBehavior", "fail", "fileSystemInfo", dates.info()),
	})
}

// Update changes properties of an item, such as its name or its place.
func (d *Drive) Update(ctx context.Context, id m365.ItemID, patch []byte) (Item, error) {
	return d.item(ctx, graph.Request{Name: "update drive item", Method: http.MethodPatch, Path: d.path("items", string(id)), Body: patch})
}

// Delete moves an item, and all below it, to the recycle bin. One that is gone is NotFound.
func (d *Drive) Delete(ctx context.Context, id m365.ItemID) error {
	return d.client.JSON(ctx, graph.Request{Name: "delete drive item", Method: http.MethodDelete, Path: d.path("items", string(id))}, nil)
}

func (d *Drive) item(ctx context.Context, r graph.Request) (Item, error) {
	raw, err := d.client.Bytes(ctx, r)
	if err != nil {
		return Item{}, err
	}
	return ParseItem(rawjson.Without(rawjson.Repair(raw), "@odata.context")), nil
}

func (d *Drive) path(segments ...string) string {
	return graph.Path(append([]string{"drives", string(d.id)}, segments...)...)
}
