package msgraph_test

import (
	"testing"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// mailPage is the $top of messages.
var mailPage int32 = 25

// mailboxes walks all folders of all mailboxes and their messages.
func (w *world) mailboxes(t *testing.T) {
	walked := 0
	for _, sum := range w.mail {
		folders := w.graph.folders(t, sum.User, w.graph.topFolders(t, sum.User))
		same(t, "folders of "+sum.Address, sum.Count("folder"), len(folders))
		messages := 0
		for _, folder := range folders {
			inside := w.graph.messages(t, sum.User, *folder.GetId())
			same(t, "messages in "+*folder.GetDisplayName(), int(*folder.GetTotalItemCount()), len(inside))
			messages += len(inside)
		}
		same(t, "messages of "+sum.Address, sum.Count("message"), messages)
		walked += messages
	}
	same(t, "messages of all", mails*w.tenant.Users, walked)
	t.Logf("%d messages in %d mailboxes", walked, len(w.mail))
}

// refusals are understood as such: of the directory, of Exchange and of SharePoint.
func (w *world) refusals(t *testing.T) {
	user := first(t, w.mail).User
	message := w.graph.users.ByUserId(user).Messages().ByMessageId(*w.graph.messages(t, user, "inbox")[0].GetId())
	if err := message.Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err := w.graph.users.ByUserId("11111111-1111-4111-8111-111111111111").Get(t.Context(), nil)
	same(t, "no such user", "Request_ResourceNotFound", code(err))
	_, err = message.Get(t.Context(), nil)
	same(t, "no such message", "ErrorItemNotFound", code(err))
	drive := w.graph.drives.ByDriveId(w.graph.driveOf(t, first(t, w.files).User))
	_, err = drive.Items().ByDriveItemId("nonsense").Get(t.Context(), nil)
	same(t, "no such item", "itemNotFound", code(err))
}

func (g *graph) topFolders(t *testing.T, user string) []models.MailFolderable {
	t.Helper()
	first, err := g.users.ByUserId(user).MailFolders().Get(t.Context(), nil)
	return all[models.MailFolderable](t, g, first, err, models.CreateMailFolderCollectionResponseFromDiscriminatorValue)
}

// folders are the given ones and all below them.
func (g *graph) folders(t *testing.T, user string, level []models.MailFolderable) (found []models.MailFolderable) {
	t.Helper()
	for _, folder := range level {
		found = append(found, folder)
		if *folder.GetChildFolderCount() == 0 {
			continue
		}
		first, err := g.users.ByUserId(user).MailFolders().ByMailFolderId(*folder.GetId()).ChildFolders().Get(t.Context(), nil)
		children := all[models.MailFolderable](t, g, first, err, models.CreateMailFolderCollectionResponseFromDiscriminatorValue)
		same(t, "folders in "+*folder.GetDisplayName(), int(*folder.GetChildFolderCount()), len(children))
		found = append(found, g.folders(t, user, children)...)
	}
	return found
}

func (g *graph) messages(t *testing.T, user, folder string) []models.Messageable {
	t.Helper()
	first, err := g.users.ByUserId(user).MailFolders().ByMailFolderId(folder).Messages().Get(t.Context(),
		&users.ItemMailFoldersItemMessagesRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemMailFoldersItemMessagesRequestBuilderGetQueryParameters{Top: &mailPage, Expand: []string{"attachments"}}})
	messages := all[models.Messageable](t, g, first, err, models.CreateMessageCollectionResponseFromDiscriminatorValue)
	for _, message := range messages {
		if message.GetBody() == nil || message.GetReceivedDateTime() == nil || *message.GetHasAttachments() && len(message.GetAttachments()) == 0 {
			t.Errorf("message %s is not whole", *message.GetId())
		}
	}
	return messages
}

// inboxByDelta walks the changes of one folder.
func (w *world) inboxByDelta(t *testing.T) {
	sum := first(t, w.mail)
	inbox := w.graph.users.ByUserId(sum.User).MailFolders().ByMailFolderId("inbox")
	page, err := inbox.Messages().Delta().GetAsDeltaGetResponse(t.Context(), nil)
	found := all[models.Messageable](t, w.graph, page, err, users.CreateItemMailFoldersItemMessagesDeltaGetResponseFromDiscriminatorValue)
	same(t, "messages of the inbox", len(w.graph.messages(t, sum.User, "inbox")), len(found))
}

// first is the first user who has anything.
func first(t *testing.T, sums []tenant.Sum) tenant.Sum {
	t.Helper()
	for _, sum := range sums {
		if len(sum.Lines) > 0 {
			return sum
		}
	}
	t.Fatal("nobody has anything")
	return tenant.Sum{}
}
