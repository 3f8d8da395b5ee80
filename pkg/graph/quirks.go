package graph

// Quirk is something that Graph does and its reference does not promise, or does otherwise.
type Quirk struct {
	Name   string
	What   string // what Graph does
	Answer string // what this module does about it
	Source string // who met it
}

// Quirks is every quirk that is handled. Each has a test of its name against a server that
// misbehaves that way.
var Quirks = []Quirk{
	{"delta-on-full-mailbox", "message delta alone fails with 403 ErrorQuotaExceeded on a full mailbox",
		"the folder is listed instead, without a link for the next round", "https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/6596"},
	{"messages-twice", "messages moved into a folder come twice in one round, and rounds may begin with changes of the round before",
		"the last occurrence counts", "https://github.com/microsoftgraph/msgraph-sdk-go/issues/969"},
	{"sparse-read-state", "a change of the read state alone comes as {id, isRead}",
		"the whole message is read, twenty in a batch", "https://learn.microsoft.com/en-us/graph/delta-query-messages"},
	{"empty-503", "a page that is too large is answered with 503 and an empty body",
		"pages half as large are asked for", "https://github.com/microsoft/kiota-http-go/issues/151"},
	{"mailbox-concurrency", "429 MailboxConcurrency even at the four requests that are allowed",
		"the pace is halved, slots included", "https://github.com/alcionai/corso/issues/3695"},
	{"no-mailbox-in-two-words", "the same user without a mailbox alternates between MailboxNotEnabledForRESTAPI and ResourceNotFound",
		"both are GRAPH_NO_MAILBOX", "https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/10481"},
	{"error-inside-200", "a page of 200 holds an error object, as an item or beside the items",
		"the page is read again", "https://github.com/microsoftgraph/msgraph-sdk-typescript/issues/544"},
	{"truncated-page", "a page ends in the middle of its JSON",
		"the page is read again; its items come again", "https://github.com/microsoftgraph/msgraph-beta-sdk-dotnet/issues/812"},
	{"no-retry-after", "429 comes without Retry-After",
		"an own wait, twice as long each time", "https://github.com/OneDrive/onedrive-api-docs/issues/744"},
	{"fixed-retry-after", "429 comes with Retry-After 120, whatever the load",
		"the job is handed back with the wait, if that is beyond the client's patience", "https://github.com/OneDrive/onedrive-api-docs/issues/797"},
	{"range-without-accept", "a Range on a download address gives 416 without an Accept header",
		"Accept is always sent", "https://github.com/alcionai/corso/blob/main/src/internal/m365/collection/drive/item.go"},
	{"expired-download-address", "download addresses expire after about an hour, also in the middle of a file",
		"a new one is asked for, and the reading goes on where it was", "https://learn.microsoft.com/en-us/graph/api/driveitem-get-content"},
	{"too-many-attachments", "hundreds of attachments break $expand with ErrorTooManyObjectsOpened",
		"they are read one by one", "https://github.com/alcionai/corso/blob/main/src/pkg/services/m365/api/mail.go"},
	{"broken-attachment", "one attachment of a message cannot be read at all (ErrorCannotOpenFileAttachment)",
		"it is noted; the message and its other attachments are kept", "https://github.com/alcionai/corso/blob/main/src/pkg/services/m365/api/graph/errors.go"},
	{"control-characters", "control characters below 0x20 stand raw inside JSON strings",
		"they are escaped, so that what is stored can be read", "https://github.com/alcionai/corso/blob/main/src/pkg/services/m365/api/mail.go"},
	{"lost-delta-token", "delta tokens of Exchange have no fixed age: 410 SyncStateNotFound at any time",
		"Resync: the caller reads everything again", "https://learn.microsoft.com/en-us/graph/delta-query-overview"},
	{"lost-directory-token", "a directory token is lost after seven days",
		"Resync: the caller reads everything again", "https://learn.microsoft.com/en-us/graph/delta-query-overview"},
	{"inline-attachments", "hasAttachments does not count inline attachments",
		"a body that refers to cid: has its attachments read too", "https://learn.microsoft.com/en-us/graph/api/resources/message"},
	{"throttled-batch-members", "throttled calls inside a batch come as 429 inside an answer of 200, and SDKs do not resend them",
		"they are sent again after the longest Retry-After", "https://learn.microsoft.com/en-us/graph/throttling"},
	{"drive-round-lost-as-404", "a drive delta ends with 404 itemNotFound after dozens of pages",
		"Resync", "https://github.com/OneDrive/onedrive-api-docs/issues/1476"},
}
