package mail

import (
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Application permissions: the pages of the reference name Mail.Read and Mail.ReadWrite; basic
// reading does not give bodies and is not simulated.
var (
	reading  = []string{"Mail.Read", "Mail.ReadWrite"}
	writing  = []string{"Mail.ReadWrite"}
	settings = []string{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}
	ids      = []string{"User.Read.All", "User.ReadWrite.All", "Mail.Read", "Mail.ReadWrite"}
)

const (
	folders = "/users/{user}/mailFolders"
	inside  = folders + "/{folder}/messages"
	direct  = "/users/{user}/messages"
)

// Routes are the calls that mailboxes answer.
func (s *Store) Routes() []wire.Route {
	routes := []wire.Route{
		{Method: "GET", Path: "/users/{user}/mailboxSettings", Roles: settings, Serve: s.settings},
		{Method: "POST", Path: "/users/{user}/translateExchangeIds", Roles: ids, Serve: s.translate},
		{Method: "GET", Path: folders, Roles: reading, Serve: s.listFolders},
		{Method: "POST", Path: folders, Roles: writing, Serve: s.createFolder},
		{Method: "GET", Path: folders + "/delta", Roles: reading, Serve: s.folderDelta},
		{Method: "GET", Path: folders + "/{folder}", Roles: reading, Serve: s.readFolder},
		{Method: "PATCH", Path: folders + "/{folder}", Roles: writing, Serve: s.updateFolder},
		{Method: "DELETE", Path: folders + "/{folder}", Roles: writing, Serve: s.deleteFolder(false)},
		{Method: "POST", Path: folders + "/{folder}/permanentDelete", Roles: writing, Serve: s.deleteFolder(true)},
		{Method: "POST", Path: folders + "/{folder}/move", Roles: writing, Serve: s.moveFolder},
		{Method: "GET", Path: folders + "/{folder}/childFolders", Roles: reading, Serve: s.listFolders},
		{Method: "POST", Path: folders + "/{folder}/childFolders", Roles: writing, Serve: s.createFolder},
		{Method: "GET", Path: inside + "/delta", Roles: reading, Serve: s.delta},
	}
	for _, set := range []string{direct, inside} {
		routes = append(routes, s.messageRoutes(set, set+"/{message}")...)
	}
	for i := range routes {
		routes[i].Service = wire.Outlook
	}
	return routes
}

func (s *Store) messageRoutes(set, one string) []wire.Route {
	return []wire.Route{
		{Method: "GET", Path: set, Roles: reading, Serve: s.list},
		{Method: "POST", Path: set, Roles: writing, Serve: s.create},
		{Method: "GET", Path: one, Roles: reading, Serve: s.readMessage},
		{Method: "PATCH", Path: one, Roles: writing, Serve: s.update},
		{Method: "DELETE", Path: one, Roles: writing, Serve: s.remove(false)},
		{Method: "POST", Path: one + "/permanentDelete", Roles: writing, Serve: s.remove(true)},
		{Method: "GET", Path: one + "/$value", Roles: reading, Serve: s.mimeOf},
		{Method: "POST", Path: one + "/move", Roles: writing, Serve: s.move},
		{Method: "POST", Path: one + "/copy", Roles: writing, Serve: s.duplicate},
		{Method: "GET", Path: one + "/attachments", Roles: reading, Serve: s.listAttachments},
		{Method: "POST", Path: one + "/attachments", Roles: writing, Serve: s.addAttachment},
		{Method: "POST", Path: one + "/attachments/createUploadSession", Roles: writing, Serve: s.createUpload},
		{Method: "GET", Path: one + "/attachments/{attachment}", Roles: reading, Serve: s.readAttachment},
		{Method: "DELETE", Path: one + "/attachments/{attachment}", Roles: writing, Serve: s.deleteAttachment},
		{Method: "GET", Path: one + "/attachments/{attachment}/$value", Roles: reading, Serve: s.attachmentValue},
	}
}

// settings answers GET /users/{user}/mailboxSettings.
func (s *Store) settings(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.AppendValue(nil, map[string]any{
		"@odata.context": c.Context("users('" + b.owner.ID + "')/mailboxSettings"),
		"archiveFolder":  b.folderID(7), "timeZone": "W. Europe Standard Time", "dateFormat": "dd.MM.yyyy", "timeFormat": "HH:mm",
		"delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly", "userPurpose": "user",
		"language": map[string]any{"locale": "de-DE", "displayName": "German (Germany)"},
	}))
}

// translate answers POST /users/{user}/translateExchangeIds.
func (s *Store) translate(c *wire.Call) error {
	var given struct {
		IDs  []string `json:"inputIds"`
		From string   `json:"sourceIdType"`
		To   string   `json:"targetIdType"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	page := c.NewPage("Collection(microsoft.graph.convertIdResult)", -1)
	for _, id := range given.IDs {
		k, ok := b.messageOf(id)
		if !ok {
			continue
		}
		folder, _, _, _ := b.lookup(k)
		page.Item()
		page.Bytes = wire.AppendString(append(page.Bytes, `{"sourceId":`...), id)
		target := b.messageID(k, folder, given.To == "restImmutableEntryId")
		page.Bytes = append(wire.AppendString(append(page.Bytes, `,"targetId":`...), target), '}')
	}
	return page.Send()
}
