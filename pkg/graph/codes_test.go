package graph

import (
	"net/http"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		header http.Header
		body   string
		kind   fault.Kind
		reason string
	}{
		"token":                      {401, nil, `{"error":{"code":"InvalidAuthenticationToken","message":"x"}}`, fault.Unauthentic, "GRAPH_TOKEN_REFUSED"},
		"no mailbox":                 {404, nil, `{"error":{"code":"MailboxNotEnabledForRESTAPI","message":"The mailbox is either inactive, soft-deleted, or is hosted on-premise."}}`, fault.Precondition, "GRAPH_NO_MAILBOX"},
		"no mailbox, other words":    {404, nil, `{"error":{"code":"ResourceNotFound","message":"Resource could not be discovered."}}`, fault.Precondition, "GRAPH_NO_MAILBOX"},
		"no drive":                   {404, nil, `{"error":{"code":"itemNotFound","message":"User's mysite not found."}}`, fault.Precondition, "GRAPH_NO_DRIVE"},
		"no SharePoint":              {400, nil, `{"error":{"code":"BadRequest","message":"Tenant does not have a SPO license."}}`, fault.Precondition, "GRAPH_NO_SHAREPOINT"},
		"gone item":                  {404, nil, `{"error":{"code":"ErrorItemNotFound","message":"x"}}`, fault.NotFound, "GRAPH_NOT_FOUND"},
		"lost sync state":            {410, nil, `{"error":{"code":"SyncStateNotFound","message":"The sync state generation is not found; generation=149"}}`, fault.Resync, "GRAPH_RESYNC"},
		"lost sync state as 40x":     {400, nil, `{"error":{"code":"syncStateNotFound","message":"x"}}`, fault.Resync, "GRAPH_RESYNC"},
		"lost folder of a delta":     {404, nil, `{"error":{"code":"ErrorSyncFolderNotFound","message":"x"}}`, fault.Resync, "GRAPH_RESYNC"},
		"resync inside":              {410, nil, `{"error":{"code":"resyncRequired","message":"x","innererror":{"code":"resyncChangesApplyDifferences"}}}`, fault.Resync, "GRAPH_RESYNC"},
		"410 without a word":         {410, nil, ``, fault.Resync, "GRAPH_RESYNC"},
		"full mailbox":               {403, nil, `{"error":{"code":"ErrorQuotaExceeded","message":"x"}}`, fault.Exhausted, "GRAPH_QUOTA"},
		"full drive":                 {507, nil, `{"error":{"code":"quotaLimitReached","message":"x"}}`, fault.Exhausted, "GRAPH_QUOTA"},
		"virus":                      {403, http.Header{"X-Virus-Infected": {"true"}}, ``, fault.Unsupported, "GRAPH_MALWARE"},
		"malware":                    {403, nil, `{"error":{"code":"accessDenied","innerError":{"code":"malwareDetected"}}}`, fault.Unsupported, "GRAPH_MALWARE"},
		"locked file":                {423, nil, `{"error":{"code":"accessDenied","message":"The file is checked out or locked for editing."}}`, fault.Transient, "GRAPH_FILE_LOCKED"},
		"locked site":                {423, nil, `{"error":{"code":"notAllowed","message":"Access to this site has been blocked."}}`, fault.Precondition, "GRAPH_SITE_LOCKED"},
		"denied":                     {403, nil, `{"error":{"code":"ErrorAccessDenied","message":"x"}}`, fault.Permission, "GRAPH_DENIED"},
		"denied, unknown code":       {403, nil, `{"error":{"code":"Something","message":"x"}}`, fault.Permission, "GRAPH_DENIED"},
		"name taken":                 {409, nil, `{"error":{"code":"nameAlreadyExists","message":"x"}}`, fault.Exists, "GRAPH_NAME_TAKEN"},
		"folder there":               {409, nil, `{"error":{"code":"ErrorFolderExists","message":"x"}}`, fault.Exists, "GRAPH_NAME_TAKEN"},
		"changed":                    {412, nil, `{"error":{"code":"resourceModified","message":"x"}}`, fault.Conflict, "GRAPH_CHANGED"},
		"throttled, files":           {429, nil, `{"error":{"code":"activityLimitReached","innerError":{"code":"throttledRequest"}}}`, fault.Throttled, "GRAPH_THROTTLED"},
		"throttled by 503":           {503, http.Header{"Retry-After": {"3"}}, ``, fault.Throttled, "GRAPH_THROTTLED"},
		"page too large":             {503, nil, ``, fault.Transient, "GRAPH_EMPTY_503"},
		"cut off":                    {400, nil, `{"error":{"code":"invalidRequest","message":"IO error during request payload read"}}`, fault.Transient, "GRAPH_CUT_OFF"},
		"unknown error":              {500, nil, `{"error":{"code":"UnknownError","message":""}}`, fault.Transient, "GRAPH_UNAVAILABLE"},
		"not JSON":                   {502, nil, `<html>`, fault.Transient, "GRAPH_UNAVAILABLE"},
		"bad request":                {400, nil, `{"error":{"code":"BadRequest","message":"x"}}`, fault.Invalid, "GRAPH_INVALID"},
		"corrupt item, with a 500":   {500, nil, `{"error":{"code":"ErrorCorruptData","message":"x"}}`, fault.Unsupported, "GRAPH_CORRUPT"},
		"corrupt body, with a 500":   {500, nil, `{"error":{"code":"ErrorContentConversionFailed","message":"Content conversion: Body conversion failed."}}`, fault.Unsupported, "GRAPH_CORRUPT"},
		"corrupt, by another name":   {500, nil, `{"error":{"code":"InternalServerError","innerError":{"code":"ErrorItemCorrupt"}}}`, fault.Unsupported, "GRAPH_CORRUPT"},
		"more than a mailbox takes":  {413, nil, `{"error":{"code":"ErrorMessageSizeExceeded","message":"x"}}`, fault.Invalid, "GRAPH_TOO_LARGE"},
		"control characters in text": {404, nil, "{\"error\":{\"code\":\"ErrorItemNotFound\",\"message\":\"a\x01b\"}}", fault.NotFound, "GRAPH_NOT_FOUND"},
	} {
		header := test.header
		if header == nil {
			header = http.Header{}
		}
		err := Refuse(test.status, header, []byte(test.body))
		if fault.KindOf(err) != test.kind || fault.ReasonOf(err) != test.reason {
			t.Errorf("%s: %v %s, want %v %s", name, fault.KindOf(err), fault.ReasonOf(err), test.kind, test.reason)
		}
	}
}
