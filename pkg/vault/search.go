package vault

import (
	"context"
	"iter"
	"strings"
)

// Search yields the items of which the name and the columns together hold every word of the query:
// anywhere in a word, in any case. It reads the catalog, not the content.
func (w *View) Search(ctx context.Context, query string) iter.Seq2[Entry, error] {
	words := strings.Fields(strings.ToLower(query))
	return func(yield func(Entry, error) bool) {
		for e, err := range w.Walk(ctx) {
			if err != nil {
				yield(e, err)
				return
			}
			if e.holds(words) && !yield(e, nil) {
				return
			}
		}
	}
}

func (e *Entry) holds(words []string) bool {
	var text strings.Builder
	text.WriteString(e.Name)
	for _, value := range e.Columns {
		text.WriteByte('\n')
		text.WriteString(value)
	}
	folded := strings.ToLower(text.String())
	for _, word := range words {
		if !strings.Contains(folded, word) {
			return false
		}
	}
	return true
}
