package drive

import (
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// https://support.microsoft.com/office/restrictions-and-limitations-in-onedrive-and-sharepoint-64883a5d-228e-48f5-b3d2-eb39e07630fa
const (
	longestName = 255
	longestPath = 400
	forbidden   = "\"*:<>?/\\|"
)

var reserved = regexp.MustCompile(`(?i)^(\.lock|con|prn|aux|nul|com[0-9]|lpt[0-9]|desktop\.ini|~\$.*|.*_vti_.*)$`)

// allowed tells whether SharePoint takes a name in a folder: no " * : < > ? / \ | or control
// characters, no space at either end, no dot at the end, none of Windows' device names as a whole
// (con.txt is taken), no .lock, desktop.ini, ~$... or _vti_, no "forms" in the root.
func allowed(folder *item, name string) bool {
	if name == "" || length(name) > longestName || strings.Trim(name, " ") != name || strings.HasSuffix(name, ".") {
		return false
	}
	if strings.ContainsAny(name, forbidden) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	return !reserved.MatchString(name) && (folder.parent != nil || !strings.EqualFold(name, "forms"))
}

// checkName refuses a name that cannot be in a folder.
func checkName(folder *item, name string) error {
	if !allowed(folder, name) {
		return &wire.Error{Status: 400, Code: "invalidRequest", Inner: "invalidResourceId", Message: "The provided name cannot contain any of the following characters, or is reserved: \" * : < > ? / \\ |"}
	}
	if length(folder.path())+1+length(name) > longestPath {
		return &wire.Error{Status: 400, Code: "invalidRequest", Inner: "pathIsTooLong", Message: "The specified path is too long. Paths have at most 400 characters."}
	}
	return nil
}

// length counts as Windows does, in UTF-16 units.
func length(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// free makes a name that is not taken in a folder: "a.txt" becomes "a 1.txt".
func free(folder *item, name string) string {
	base, extension := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		base, extension = name[:dot], name[dot:]
	}
	for n := 1; folder.child(name) != nil; n++ {
		name = base + " " + digits(n) + extension
	}
	return name
}
