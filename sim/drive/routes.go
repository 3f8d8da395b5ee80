package drive

import (
	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Application permissions, as the pages of the reference list them.
var (
	reading = []string{"Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All"}
	writing = []string{"Files.ReadWrite.All", "Sites.ReadWrite.All", "Sites.FullControl.All"}
)

// Resource units: one item or content 1, several items or a write 2, permissions 5.
// https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
const (
	single   = 1
	several  = 2
	rights   = 5
	whole    = "/drives/{drive}"
	item1    = whole + "/items/{item}"
	inRoot   = whole + "/root:/{path}"
	inFolder = whole + "/items/{item}:/{path}"
)

// Routes are the calls that drives answer.
func (s *Store) Routes() []wire.Route {
	routes := []wire.Route{
		{Method: "GET", Path: "/users/{user}/drive", Units: single, Serve: s.readDrive},
		{Method: "GET", Path: whole, Units: single, Serve: s.readDrive},
		{Method: "GET", Path: whole + "/root", Units: single, Serve: s.readItem},
		{Method: "GET", Path: whole + "/root/delta", Units: several, Serve: s.delta},
		{Method: "GET", Path: item1 + "/delta", Units: several, Serve: s.deltaOf},
		{Method: "GET", Path: whole + "/root/children", Units: several, Serve: s.listChildren},
		{Method: "POST", Path: whole + "/root/children", Serve: s.createFolder},
		{Method: "POST", Path: item1 + "/children", Serve: s.createFolder},
		{Method: "POST", Path: item1 + "/permanentDelete", Serve: s.remove(true)},
		{Method: "GET", Path: item1 + "/versions", Units: several, Serve: s.listVersions},
		{Method: "GET", Path: item1 + "/versions/{version}/content", Units: single, Serve: s.versionContent},
		{Method: "POST", Path: item1 + "/versions/{version}/restoreVersion", Serve: s.restoreVersion},
		{Method: "GET", Path: item1 + "/permissions/{permission}", Units: rights, Serve: s.readRight},
		{Method: "PATCH", Path: item1 + "/permissions/{permission}", Units: rights, Serve: s.updateRight},
		{Method: "DELETE", Path: item1 + "/permissions/{permission}", Units: rights, Serve: s.deleteRight},
		{Method: "GET", Path: whole + "/root/permissions", Units: rights, Serve: s.permissions},
	}
	// A path names an item wherever an id does, for changes too; rclone dates empty files that way.
	// https://learn.microsoft.com/graph/onedrive-addressing-driveitems
	for _, place := range []string{item1, inRoot, inFolder} {
		routes = append(routes,
			wire.Route{Method: "GET", Path: place, Units: single, Serve: s.readItem},
			wire.Route{Method: "PATCH", Path: place, Serve: s.update},
			wire.Route{Method: "DELETE", Path: place, Serve: s.remove(false)},
			wire.Route{Method: "GET", Path: place + "/children", Units: several, Serve: s.listChildren},
			wire.Route{Method: "GET", Path: place + "/content", Units: single, Serve: s.readContent},
			wire.Route{Method: "PUT", Path: place + "/content", Serve: s.putContent},
			wire.Route{Method: "POST", Path: place + "/createUploadSession", Serve: s.createUpload},
			wire.Route{Method: "GET", Path: place + "/permissions", Units: rights, Serve: s.permissions},
			wire.Route{Method: "POST", Path: place + "/createLink", Units: rights, Class: throttle.Sharing, Serve: s.createLink},
			wire.Route{Method: "POST", Path: place + "/invite", Units: rights, Class: throttle.Sharing, Serve: s.invite},
		)
	}
	for n := range routes {
		r := &routes[n]
		r.Service, r.Roles = wire.Files, reading
		if r.Method != "GET" {
			r.Roles, r.Units = writing, max(r.Units, several)
		}
	}
	return routes
}
