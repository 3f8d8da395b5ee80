package walk

import (
	"context"
	"net/url"
	"strings"
)

// walkDrive works with items by id, by path, and by path below a folder.
func (c *client) walkDrive(ctx context.Context, user string) {
	id := c.get(ctx, "/users/"+user+"/drive").text("id")
	drive := "/drives/" + url.PathEscape(id)
	c.get(ctx, drive)
	c.get(ctx, drive+"/items/"+c.get(ctx, drive+"/root").text("id")+"/delta")
	c.get(ctx, drive+"/root/delta?$select=id,name,size")
	c.get(ctx, drive+"/root/children?$top=5&$expand=permissions")
	c.get(ctx, drive+"/root/permissions")
	folder := c.post(ctx, drive+"/root/children", newFolder("Walk")).text("id")
	below := c.post(ctx, drive+"/items/"+folder+"/children", newFolder("Below")).text("id")

	byPath := drive + "/root:/Walk"
	file := c.walkFile(ctx, byPath+"/by%20path.txt:")
	c.get(ctx, byPath+":/children")
	c.walkFile(ctx, drive+"/items/"+folder+":/below.txt:")
	c.get(ctx, drive+"/items/"+folder+":/Below:/children")
	c.walkFile(ctx, drive+"/items/"+file)
	c.get(ctx, drive+"/items/"+folder+"/children")

	c.walkVersions(ctx, drive+"/items/"+file)
	c.patch(ctx, byPath+"/by%20path.txt", object{"name": "path.txt"})
	c.delete(ctx, byPath+"/path.txt")
	c.patch(ctx, drive+"/items/"+folder+":/below.txt", object{"name": "lower.txt"})
	c.delete(ctx, drive+"/items/"+folder+":/lower.txt")
	c.patch(ctx, drive+"/items/"+below, object{"name": "Further below"})
	c.post(ctx, drive+"/items/"+below+"/permanentDelete", nil)
	c.delete(ctx, drive+"/items/"+folder)
}

func newFolder(name string) object {
	return object{"name": name, "folder": object{}, "@microsoft.graph.conflictBehavior": "fail"}
}

// walkFile writes a file at a place at once and in a session, and reads it; it returns the id.
func (c *client) walkFile(ctx context.Context, place string) string {
	file := c.graph(ctx, "PUT", place+"/content", []byte("one step")).text("id")
	c.upload(ctx, c.post(ctx, place+"/createUploadSession", object{
		"item": object{"@microsoft.graph.conflictBehavior": "replace"}}), []byte("another step"))
	c.get(ctx, place)
	c.get(ctx, place+"/content")
	c.walkSharing(ctx, place, file)
	return file
}

// walkSharing shares an item by a link and with a person, and ends that again.
func (c *client) walkSharing(ctx context.Context, place, file string) {
	link := c.post(ctx, place+"/createLink", object{"type": "view", "scope": "organization"}).text("id")
	given := c.post(ctx, place+"/invite", object{"recipients": []object{{"email": c.colleague}}, "roles": []string{"read"},
		"requireSignIn": true, "sendInvitation": false}).first().text("id")
	c.get(ctx, place+"/permissions")
	drive, _, _ := strings.Cut(place, "/root:")
	drive, _, _ = strings.Cut(drive, "/items/")
	rights := drive + "/items/" + file + "/permissions/"
	c.patch(ctx, rights+given, object{"roles": []string{"write"}})
	c.get(ctx, rights+given)
	c.delete(ctx, rights+given)
	c.delete(ctx, rights+link)
}

// walkVersions brings back the first version of a file.
func (c *client) walkVersions(ctx context.Context, file string) {
	c.get(ctx, file+"/versions")
	c.get(ctx, file+"/versions/1.0/content")
	c.post(ctx, file+"/versions/1.0/restoreVersion", nil)
}
