package snapshot

import (
	"slices"
	"strconv"
	"strings"
)

// Attachment is where an attachment of a message is: what the source said about it, with its content
// or beside it.
type Attachment struct {
	Part    string // JSON
	Content string // part of its bytes; empty if they are in the JSON
	Size    int64  // of Content
}

// Attachments returns the attachments of a message in their order: parts attachment/0,
// attachment/1 and so on, with the content in attachment/0/content where it is kept by itself.
func Attachments(item Item) []Attachment {
	var all []Attachment
	for n := 0; ; n++ {
		a := Attachment{Part: "attachment/" + strconv.Itoa(n)}
		if !item.Has(a.Part) {
			return all
		}
		content := a.Part + "/content"
		if i := slices.IndexFunc(item.Parts, func(p Part) bool { return strings.EqualFold(p.Name, content) }); i >= 0 {
			a.Content, a.Size = content, item.Parts[i].Size
		}
		all = append(all, a)
	}
}
