package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// meaning is what an error of Graph means to Tenantkeep and what a person can do about it.
type meaning struct {
	code   string // lower case; "" any
	text   string // lower case, in the message; "" any
	status int    // 0: any
	kind   fault.Kind
	reason string
	next   string
}

// Next steps that several rows share.
const (
	nextConsent = "check in the connection test that the permission is consented to, and that no application access policy excludes the mailbox"
	nextMailbox = "give the user an Exchange Online licence, or exclude the user from the profile"
	nextDrive   = "let the user open OneDrive once, or exclude files from the profile"
	nextRetry   = "nothing: it is tried again"
	nextResync  = "nothing: everything is read anew"
	nextGone    = "nothing: it was deleted meanwhile"
	nextFull    = "free space in the target, or restore somewhere else"
)

// meanings is searched from the top; the first row that fits decides. Codes:
// https://learn.microsoft.com/en-us/graph/errors, and for those that it lacks the threads named.
var meanings = []meaning{
	{code: "invalidauthenticationtoken", status: 401, kind: fault.Unauthentic, reason: "GRAPH_TOKEN_REFUSED", next: "run the connection test; the application or its consent may have been removed"},
	{code: "mailboxnotenabledforrestapi", kind: fault.Precondition, reason: "GRAPH_NO_MAILBOX", next: nextMailbox},
	{code: "mailboxnotsupportedforrestapi", kind: fault.Precondition, reason: "GRAPH_NO_MAILBOX", next: nextMailbox},
	{text: "the mailbox is either inactive, soft-deleted", kind: fault.Precondition, reason: "GRAPH_NO_MAILBOX", next: nextMailbox},
	// the same user alternates between the two codes: https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/10481
	{code: "resourcenotfound", text: "user not found", status: 404, kind: fault.Precondition, reason: "GRAPH_NO_MAILBOX", next: nextMailbox},
	{code: "resourcenotfound", text: "resource could not be discovered", status: 404, kind: fault.Precondition, reason: "GRAPH_NO_MAILBOX", next: nextMailbox},
	{code: "errorinvaliduser", kind: fault.NotFound, reason: "GRAPH_NO_USER", next: "check that the user still exists"},
	{text: "user's mysite not found", kind: fault.Precondition, reason: "GRAPH_NO_DRIVE", next: nextDrive},
	{text: "unable to retrieve user's mysite url", kind: fault.Precondition, reason: "GRAPH_NO_DRIVE", next: nextDrive},
	{text: "does not have a spo license", kind: fault.Precondition, reason: "GRAPH_NO_SHAREPOINT", next: "give the tenant a SharePoint licence, or exclude files from the profile"},

	// lost delta tokens, in every form seen: https://learn.microsoft.com/en-us/graph/delta-query-overview
	{code: "syncstatenotfound", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{code: "syncstateinvalid", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{code: "errorsyncfoldernotfound", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{code: "resyncrequired", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{code: "resyncchangesapplydifferences", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{code: "resyncchangesuploaddifferences", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{text: "sync state generation is not found", kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},
	{status: http.StatusGone, kind: fault.Resync, reason: "GRAPH_RESYNC", next: nextResync},

	{code: "errorquotaexceeded", kind: fault.Exhausted, reason: "GRAPH_QUOTA", next: nextFull},
	{code: "quotalimitreached", kind: fault.Exhausted, reason: "GRAPH_QUOTA", next: nextFull},
	{status: http.StatusInsufficientStorage, kind: fault.Exhausted, reason: "GRAPH_QUOTA", next: nextFull},

	{code: "malwaredetected", kind: fault.Unsupported, reason: "GRAPH_MALWARE", next: "nothing: Microsoft does not hand out infected files; clean or delete it"},
	{code: "virussuspicious", kind: fault.Unsupported, reason: "GRAPH_MALWARE", next: "nothing: Microsoft does not hand out infected files; clean or delete it"},
	{text: "checked out or locked", status: http.StatusLocked, kind: fault.Transient, reason: "GRAPH_FILE_LOCKED", next: "nothing: it is tried again when nobody edits the file"},
	{code: "accessdenied", status: http.StatusLocked, kind: fault.Transient, reason: "GRAPH_FILE_LOCKED", next: "nothing: it is tried again when nobody edits the file"},
	{status: http.StatusLocked, kind: fault.Precondition, reason: "GRAPH_SITE_LOCKED", next: "unlock the site in the SharePoint admin center"},

	{code: "erroraccessdenied", kind: fault.Permission, reason: "GRAPH_DENIED", next: nextConsent},
	{code: "authorization_requestdenied", kind: fault.Permission, reason: "GRAPH_DENIED", next: nextConsent},
	{code: "accessdenied", kind: fault.Permission, reason: "GRAPH_DENIED", next: nextConsent},

	{code: "erroritemnotfound", kind: fault.NotFound, reason: "GRAPH_NOT_FOUND", next: nextGone},
	{code: "errorfoldernotfound", kind: fault.NotFound, reason: "GRAPH_NOT_FOUND", next: nextGone},
	{code: "itemnotfound", kind: fault.NotFound, reason: "GRAPH_NOT_FOUND", next: nextGone},
	{code: "request_resourcenotfound", kind: fault.NotFound, reason: "GRAPH_NOT_FOUND", next: nextGone},

	{code: "namealreadyexists", kind: fault.Exists, reason: "GRAPH_NAME_TAKEN", next: "choose what to do with conflicts: skip, copy or replace"},
	{code: "errorfolderexists", kind: fault.Exists, reason: "GRAPH_NAME_TAKEN", next: "choose what to do with conflicts: skip, copy or replace"},
	{code: "objectconflict", kind: fault.Exists, reason: "GRAPH_NAME_TAKEN", next: "change the value that another object has"},
	{code: "resourcemodified", kind: fault.Conflict, reason: "GRAPH_CHANGED", next: nextRetry},

	{code: "errortoomanyobjectsopened", kind: fault.Precondition, reason: "GRAPH_TOO_MANY_OBJECTS", next: "nothing: they are read one by one"},
	{code: "errorcorruptdata", kind: fault.Unsupported, reason: "GRAPH_CORRUPT", next: "nothing: Exchange cannot read the item itself"},
	{code: "errorcannotopenfileattachment", kind: fault.Unsupported, reason: "GRAPH_CORRUPT", next: "nothing: Exchange cannot read the attachment itself"},
	// https://learn.microsoft.com/en-us/exchange/client-developer/web-service-reference/responsecode
	{code: "erroritemcorrupt", kind: fault.Unsupported, reason: "GRAPH_CORRUPT", next: "nothing: Exchange cannot read the item itself"},
	// with a 500, of one message: https://github.com/microsoftgraph/microsoft-graph-docs/issues/2913
	{code: "errorcontentconversionfailed", kind: fault.Unsupported, reason: "GRAPH_CORRUPT", next: "nothing: Exchange cannot read the item itself"},
	// the mailbox's own limit, 35 MB unless an administrator changed it: https://learn.microsoft.com/en-us/graph/api/attachment-createuploadsession
	{code: "errormessagesizeexceeded", kind: fault.Invalid, reason: "GRAPH_TOO_LARGE", next: "raise the mailbox's limit for the size of a message in Exchange, or restore the message as a file"},
	{code: "errorinvalidrecipients", kind: fault.Invalid, reason: "GRAPH_INVALID", next: "the item's recipients are not valid; restore it as a file"},
	{text: "io error during request payload read", kind: fault.Transient, reason: "GRAPH_CUT_OFF", next: nextRetry},

	{code: "applicationthrottled", kind: fault.Throttled, reason: "GRAPH_THROTTLED", next: nextRetry},
	{code: "activitylimitreached", kind: fault.Throttled, reason: "GRAPH_THROTTLED", next: nextRetry},
	{code: "toomanyrequests", kind: fault.Throttled, reason: "GRAPH_THROTTLED", next: nextRetry},
}

// byStatus is what an answer means whose code no row knows.
var byStatus = map[int]meaning{
	400: {kind: fault.Invalid, reason: "GRAPH_INVALID"},
	401: {kind: fault.Unauthentic, reason: "GRAPH_TOKEN_REFUSED", next: "run the connection test"},
	403: {kind: fault.Permission, reason: "GRAPH_DENIED", next: nextConsent},
	404: {kind: fault.NotFound, reason: "GRAPH_NOT_FOUND", next: nextGone},
	405: {kind: fault.Unsupported, reason: "GRAPH_UNSUPPORTED"},
	408: {kind: fault.Transient, reason: "GRAPH_UNAVAILABLE", next: nextRetry},
	409: {kind: fault.Conflict, reason: "GRAPH_CHANGED", next: nextRetry},
	412: {kind: fault.Conflict, reason: "GRAPH_CHANGED", next: nextRetry},
	413: {kind: fault.Invalid, reason: "GRAPH_TOO_LARGE", next: "use an upload session"},
	416: {kind: fault.Conflict, reason: "GRAPH_RANGE", next: nextRetry},
	424: {kind: fault.Transient, reason: reasonDependency, next: nextRetry},
	429: {kind: fault.Throttled, reason: "GRAPH_THROTTLED", next: nextRetry},
	501: {kind: fault.Unsupported, reason: "GRAPH_UNSUPPORTED"},
	509: {kind: fault.Throttled, reason: "GRAPH_THROTTLED", next: nextRetry},
}

func (r *Refusal) meaning() meaning {
	message := strings.ToLower(r.Message)
	for _, row := range meanings {
		if r.has(row.code) && strings.Contains(message, row.text) && (row.status == 0 || row.status == r.Status) {
			return row
		}
	}
	if row, ok := byStatus[r.Status]; ok {
		return row
	}
	switch {
	case r.Status == http.StatusServiceUnavailable && r.after > 0:
		return byStatus[http.StatusTooManyRequests]
	case r.Status == http.StatusServiceUnavailable && r.Empty:
		return meaning{kind: fault.Transient, reason: reasonPageTooLarge, next: nextRetry}
	case r.Status >= http.StatusInternalServerError:
		return meaning{kind: fault.Transient, reason: "GRAPH_UNAVAILABLE", next: nextRetry}
	default:
		return meaning{kind: fault.Invalid, reason: "GRAPH_INVALID"}
	}
}

// has tells whether the error or an inner one carries the code; "" is any.
func (r *Refusal) has(code string) bool {
	return code == "" || slices.ContainsFunc(r.codes, func(c string) bool { return strings.EqualFold(c, code) })
}

// mostSpecific is the innermost code that the table knows, else the outermost.
func mostSpecific(codes []string) string {
	for i := len(codes) - 1; i >= 0; i-- {
		for _, row := range meanings {
			if row.code != "" && strings.EqualFold(row.code, codes[i]) {
				return codes[i]
			}
		}
	}
	if len(codes) > 0 {
		return codes[0]
	}
	return ""
}
