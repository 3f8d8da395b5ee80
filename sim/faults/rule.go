package faults

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Rule picks requests and says what goes wrong with them.
type Rule struct {
	ID     int    `json:"id"`
	Method string `json:"method,omitempty"`
	Route  string `json:"route,omitempty"` // a template, or the beginning of one followed by *
	User   string `json:"user,omitempty"`  // id or principal name; kept as object id
	Nth    int    `json:"nth,omitempty"`
	Times  int    `json:"times,omitempty"`

	Action     string            `json:"action,omitempty"`
	Quirk      string            `json:"quirk,omitempty"`
	Status     int               `json:"status,omitempty"`
	Code       string            `json:"code,omitempty"`
	Message    string            `json:"message,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       json.RawMessage   `json:"body,omitempty"`
	Empty      bool              `json:"empty,omitempty"`
	RetryAfter int               `json:"retryAfter,omitempty"`
	Delay      int               `json:"delay,omitempty"` // milliseconds
	Corrupt    string            `json:"corrupt,omitempty"`

	Seen int `json:"seen"` // requests that matched
	Hits int `json:"hits"` // times it applied
}

var actions = []string{"status", "storm", "expired", "reset", "truncate", "slow", "delay", "duplicate", "corrupt", "quirk"}

// Quirks are the documented oddities that can be switched on; the packages that serve the
// resources carry them out.
var Quirks = map[string]string{
	"full-mailbox":            "message delta fails with 403 ErrorQuotaExceeded, plain listing works (microsoft-graph-docs-contrib#6596)",
	"twice-after-move":        "messages moved into a folder come twice in one delta round (msgraph-sdk-go#969)",
	"large-page":              "a page of more than 50 items answers 503 with an empty body (kiota-http-go#151)",
	"mailbox-concurrent":      "429 MailboxConcurrency from the fourth request in flight on, with a minimal body (corso#3695)",
	"alternating-404":         "a mailbox answers MailboxNotEnabledForRESTAPI and ResourceNotFound in turns (microsoft-graph-docs#10481)",
	"many-attachments":        "$expand=attachments fails with ErrorTooManyObjectsOpened on mails with more than 5 attachments (corso)",
	"control-characters":      "control characters stand raw inside JSON strings (corso)",
	"sparse-read-state":       "a change of the read state alone comes as {id, isRead} in delta (learn.microsoft.com/graph/delta-query-messages)",
	"no-retry-after":          "429 comes without Retry-After (onedrive-api-docs#744)",
	"fixed-retry-after":       "429 comes with Retry-After 120 (onedrive-api-docs#797)",
	"replay":                  "a delta round begins with changes of the round before (learn.microsoft.com/graph/delta-query-overview)",
	"locked-site":             "everything in a drive answers 423 notAllowed (corso#4464)",
	"locked-file":             "reading or changing a file answers 423 accessDenied (onedrive-api-docs#1199)",
	"rewritten-files":         "Office files, PDF, HTML and JPEG grow by 12 bytes when they are uploaded (onedrive-api-docs#935)",
	"wrong-size":              "HEIC pictures are listed with another size than is served (onedrive-api-docs#1723)",
	"delta-lost":              "a drive delta answers 404 itemNotFound in the middle of a round (onedrive-api-docs#1476)",
	"range-needs-accept":      "a Range on a download address without an Accept header answers 416; route /contoso-my.sharepoint.com (corso)",
	"ignored-ranges":          "a Range on a download address answers 200 with the whole content; route /contoso-my.sharepoint.com (RFC 9110 section 14.2 allows it)",
	"expired-address":         "download addresses that are handed out have expired: 401 (corso)",
	"malware":                 "files are flagged as infected, their content answers 403 with X-Virus-Infected (rclone)",
	"dates-make-versions":     "setting a file's dates makes a version of it (rclone)",
	"empty-patch":             "PATCH of an item answers 204 without a body (abraunegg/onedrive#3620)",
	"groups-deleted-for-good": "security groups do not go to the recycle bin (learn.microsoft.com/graph/api/group-delete until 2025)",
	"synced-users":            "users come from an Active Directory: PATCH answers 400 (learn.microsoft.com/graph/api/user-update)",
	"sharing-disabled":        "links and invitations answer 403 sharingDisabled (learn.microsoft.com/graph/api/driveitem-createlink)",
	"renewal-redirected":      "PATCH of a subscription answers 308 first (learn.microsoft.com/graph/changelog)",
	"wrong-hash":              "GET of a single item gives another hash than the content has; deltas are right (onedrive-api-docs#1066)",
	"lost-location":           "the address that a 410 leads to answers 500 (onedrive-api-docs#249)",
	"resync-upload":           "a drive's 410 asks for resyncChangesUploadDifferences (learn.microsoft.com/graph/api/driveitem-delta)",
	"onenote":                 "the content of OneNote files (.one, .onetoc2) answers 503 (corso)",
	"many-children":           "listing a folder with more than 50 children answers 500 UnknownError, as one with 100,000 does (rclone#2707)",
	"drive-id-case":           "parentReference tells the drive's id in lower case (abraunegg/onedrive#3347)",
	"folder-conflict":         "a folder is made, but the answer is 409 nameAlreadyExists (abraunegg/onedrive#3335)",
	"plain-bodies":            "a request with a gzip body answers 415 (kiota-http-go)",
	"broken-attachment":       "reading the first attachment of a mail fails with ErrorCannotOpenFileAttachment (corso)",
}

// check fills in what was left out and refuses what cannot be.
func (r *Rule) check() error {
	if r.Action == "" && r.Quirk != "" {
		r.Action = "quirk"
	}
	if r.Times == 0 {
		r.Times = 1
		if r.Action == "quirk" {
			r.Times = -1
		}
	}
	switch {
	case !slices.Contains(actions, r.Action):
		return fmt.Errorf("action %q: one of %s", r.Action, strings.Join(actions, ", "))
	case r.Action == "quirk" && Quirks[r.Quirk] == "":
		return fmt.Errorf("quirk %q is not known", r.Quirk)
	case r.Action == "status" && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status %d is no HTTP status", r.Status)
	case r.Action == "corrupt" && !slices.Contains([]string{"byte", "flag", "drop"}, r.Corrupt):
		return fmt.Errorf("corrupt %q: byte, flag or drop", r.Corrupt)
	}
	return nil
}

// matches tells whether the rule picks a request.
func (r *Rule) matches(method, route, user string) bool {
	if r.Method != "" && !strings.EqualFold(r.Method, method) || r.User != "" && !strings.EqualFold(r.User, user) {
		return false
	}
	if beginning, open := strings.CutSuffix(r.Route, "*"); open {
		return strings.HasPrefix(route, beginning)
	}
	return r.Route == "" || r.Route == route
}

// applies counts a match and tells whether it is the rule's turn.
func (r *Rule) applies() bool {
	r.Seen++
	if r.Seen < r.Nth || r.Times >= 0 && r.Hits >= r.Times {
		return false
	}
	r.Hits++
	return true
}
