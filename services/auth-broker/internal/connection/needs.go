package connection

import (
	"slices"
	"strings"
)

// need is an application permission of Graph that the product uses.
type need struct {
	role    string   // the least that does
	also    []string // any of these does as well
	purpose string
	write   bool // only restores need it
}

// needs is what the product calls, after the permissions that Microsoft lists for each call:
// https://learn.microsoft.com/graph/permissions-reference
var needs = []need{
	{role: "User.Read.All", also: []string{"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, purpose: "import users"},
	{role: "Group.Read.All", also: []string{"Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, purpose: "map groups"},
	{role: "Organization.Read.All", also: []string{"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, purpose: "read the tenant's name and domains"},
	{role: "Mail.Read", also: []string{"Mail.ReadWrite"}, purpose: "back up mailboxes"},
	{role: "Files.Read.All", also: []string{"Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All"}, purpose: "back up drives"},
	{role: "Mail.ReadWrite", purpose: "restore mailboxes", write: true},
	{role: "Files.ReadWrite.All", also: []string{"Sites.ReadWrite.All", "Sites.FullControl.All"}, purpose: "restore drives", write: true},
}

func (n need) subject() string { return "permission " + n.role }

// granted returns the role that satisfies the need, or "".
func (n need) granted(roles []string) string {
	for _, role := range append([]string{n.role}, n.also...) {
		if slices.Contains(roles, role) {
			return role
		}
	}
	return ""
}

// check is the line of the test.
func (n need) check(token Token) Check {
	if !token.Readable {
		return warned(n.subject(), Problem{Reason: "ROLES_UNREADABLE", Cause: "the token does not show which permissions it has",
			Next: "go on; a missing permission will show as a refused call"})
	}
	switch role := n.granted(token.Roles); {
	case role == n.role:
		return passed(n.subject(), "granted: can "+n.purpose)
	case role != "":
		return passed(n.subject(), "granted by "+role+": can "+n.purpose)
	}
	problem := Problem{Reason: "PERMISSION_MISSING", Cause: "the application may not " + n.purpose,
		Next: "add the application permission " + n.role + " of Microsoft Graph to the app registration, grant admin consent, and test again"}
	if n.write {
		problem.Cause += "; protecting works, restoring does not"
		return warned(n.subject(), problem)
	}
	return Check{Subject: n.subject(), Outcome: CheckFailed, Problem: &problem}
}

// list joins for a finding: "a, b and 3 more".
func list(names []string) string {
	const shown = 5
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}
