package walk

import (
	"bytes"
	"context"
)

// walkMailbox works in folders, and with messages by both of their paths.
func (c *client) walkMailbox(ctx context.Context, user string) {
	box := "/users/" + user
	c.get(ctx, box+"/mailboxSettings")
	folder := c.walkFolders(ctx, box+"/mailFolders")
	inside := box + "/mailFolders/" + folder + "/messages"
	for _, set := range []string{box + "/messages", inside} {
		message := c.walkMessages(ctx, set, folder)
		c.post(ctx, box+"/translateExchangeIds", object{
			"inputIds": []string{message}, "sourceIdType": "restImmutableEntryId", "targetIdType": "restId"})
		c.walkAttachments(ctx, set+"/"+message+"/attachments")
		c.walkAway(ctx, set, message, folder)
	}
	c.get(ctx, inside+"/delta?$select=subject,isRead")
	c.delete(ctx, box+"/mailFolders/"+folder)
}

// walkFolders leaves one folder and returns its id.
func (c *client) walkFolders(ctx context.Context, folders string) string {
	c.get(ctx, folders+"?includeHiddenFolders=true&$top=50")
	folder := c.post(ctx, folders, object{"displayName": "Walk"}).text("id")
	one := folders + "/" + folder
	c.get(ctx, one)
	c.patch(ctx, one, object{"displayName": "Long walk"})
	below := folders + "/" + c.post(ctx, one+"/childFolders", object{"displayName": "Below"}).text("id")
	c.get(ctx, one+"/childFolders")
	c.post(ctx, below+"/move", object{"destinationId": "inbox"})
	c.post(ctx, below+"/permanentDelete", nil)
	c.get(ctx, folders+"/delta?$select=displayName")
	return folder
}

// walkMessages writes and reads a message; it returns its id.
func (c *client) walkMessages(ctx context.Context, set, folder string) string {
	person := object{"emailAddress": object{"name": "Ada Walker", "address": "ada@walks.example"}}
	message := c.post(ctx, set, object{
		"subject": "A walk", "importance": "high", "body": object{"contentType": "text", "content": "Through every gate."},
		"from": person, "toRecipients": []object{person}, "categories": []string{"Walks"},
	}).text("id")
	one := set + "/" + message
	c.get(ctx, set+"?$top=5&$select=subject,importance&$expand=attachments")
	c.get(ctx, one)
	c.patch(ctx, one, object{"isRead": true, "flag": object{"flagStatus": "flagged"}})
	c.get(ctx, one+"/$value")
	c.post(ctx, one+"/move", object{"destinationId": folder})
	return message
}

// walkAttachments hangs a file, a large file and a mail on a message, reads them, and removes one.
func (c *client) walkAttachments(ctx context.Context, set string) {
	file := set + "/" + c.post(ctx, set, object{
		"@odata.type": "#microsoft.graph.fileAttachment", "name": "map.txt", "contentType": "text/plain", "contentBytes": []byte("here")}).text("id")
	c.post(ctx, set, object{"@odata.type": "#microsoft.graph.itemAttachment", "name": "Inner", "item": object{
		"@odata.type": "#microsoft.graph.message", "subject": "Inner", "body": object{"contentType": "text", "content": "inside"}}})
	large := bytes.Repeat([]byte("steps "), 1000)
	c.upload(ctx, c.post(ctx, set+"/createUploadSession", object{
		"AttachmentItem": object{"attachmentType": "file", "name": "steps.txt", "size": len(large)}}), large)
	c.get(ctx, set)
	c.get(ctx, set+"?$expand=microsoft.graph.itemAttachment/item")
	c.get(ctx, file)
	c.get(ctx, file+"/$value")
	c.delete(ctx, file)
}

// walkAway copies a message, deletes it, and removes the copy for good.
func (c *client) walkAway(ctx context.Context, set, message, folder string) {
	copied := c.post(ctx, set+"/"+message+"/copy", object{"destinationId": folder}).text("id")
	c.delete(ctx, set+"/"+message)
	c.post(ctx, set+"/"+copied+"/permanentDelete", nil)
}
