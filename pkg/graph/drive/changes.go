package drive

import (
	"bytes"
	"context"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// PageSize is how many items one request lists at most, where few of their properties are asked for.
const PageSize = 999

// lean asks for what [Item] has, less eTag and cTag. Delta takes both options:
// https://learn.microsoft.com/en-us/graph/api/driveitem-delta
var lean = graph.Query("$select", "id,name,parentReference,size,file,folder,root,deleted,fileSystemInfo", "$top", strconv.Itoa(PageSize))

// Round is one reading of what changed in a drive.
type Round struct {
	Link string // of the round before, or of a broken one's next page; "": everything
	Lean bool   // of a round without a link: many items per request, with what [Item] has and no more in Raw
	// Page, if set, is called after each page: the round can be resumed at next.
	Page func(next string) error
}

// Changes calls each for every item that came, changed or went since the round's link, and
// returns the link for the next round. An item may come more than once: the last one counts. A
// parent may come after its child. A deleted folder need not report what was in it. Item.Raw is
// valid until each returns.
//
// Resync means that the link is lost: call again without one, which reports every item that is
// there now. Errors of each and Page end the round as they are.
func (d *Drive) Changes(ctx context.Context, round Round, each func(Item) error) (link string, err error) {
	first := graph.Request{Name: "read drive changes", Path: d.path("root", "delta")}
	if round.Link != "" {
		first.Path = round.Link
	} else if round.Lean {
		first.Query = lean
	}
	link, err = d.client.Read(ctx, graph.Pages{
		First: first,
		Item:  func(raw []byte) error { return each(ParseItem(rawjson.Repair(raw))) },
		Page:  round.Page,
	})
	if round.Link != "" && fault.Is(err, fault.NotFound) {
		// a token in the middle of a round can also be lost as a 404 (onedrive-api-docs #1476)
		return "", fault.As(fault.Resync, "read drive changes", err, fault.Reason("GRAPH_RESYNC"))
	}
	return link, err
}

// Latest returns a link from which Changes reports only what happens from now on.
func (d *Drive) Latest(ctx context.Context) (link string, err error) {
	return d.client.Read(ctx, graph.Pages{
		First: graph.Request{Name: "get latest drive link", Path: d.path("root", "delta"), Query: graph.Query("token", "latest")},
		Item:  func([]byte) error { return nil },
	})
}

// Children calls each for every item directly in a folder, as lean as a Round can be; those of a page that
// broke off come again.
func (d *Drive) Children(ctx context.Context, folder m365.ItemID, each func(Item) error) error {
	_, err := d.client.Read(ctx, graph.Pages{
		First: graph.Request{Name: "list folder", Path: d.path("items", string(folder), "children"), Query: lean},
		Item:  func(raw []byte) error { return each(ParseItem(bytes.Clone(rawjson.Repair(raw)))) },
	})
	return err
}

// Version is an earlier content of a file, or its current one.
type Version struct {
	ID  string // "2.0"
	Raw []byte
}

// Versions lists a file's versions, newest first.
func (d *Drive) Versions(ctx context.Context, id m365.ItemID) (versions []Version, err error) {
	_, err = d.client.Read(ctx, graph.Pages{
		First: graph.Request{Name: "list versions", Path: d.path("items", string(id), "versions")},
		Item: func(raw []byte) error {
			raw = bytes.Clone(rawjson.Without(rawjson.Repair(raw), downloadAddress))
			versions = append(versions, Version{rawjson.Text(rawjson.Field(raw, "id")), raw})
			return nil
		},
	})
	return versions, err
}
