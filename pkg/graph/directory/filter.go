package directory

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// anyOf is the only filter that a delta of groups takes.
func anyOf(ids []m365.GroupID) *string {
	if len(ids) == 0 {
		return nil
	}
	terms := make([]string, len(ids))
	for i, id := range ids {
		terms[i] = "id eq " + quoted(string(id))
	}
	filter := strings.Join(terms, " or ")
	return &filter
}

// quoted is an OData string.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// kindOf takes the namespace off an OData type: "#microsoft.graph.user" is a user.
func kindOf(odataType string) string {
	return odataType[strings.LastIndexByte(odataType, '.')+1:]
}
