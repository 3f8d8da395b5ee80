package snapshot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
)

// mailbox has Inbox with three messages, Inbox/Projects with a folder a/b in it, and Sent Items.
func mailbox(t *testing.T) (*snapshottest.Memory, *snapshot.Tree) {
	t.Helper()
	m := &snapshottest.Memory{Tree: []snapshot.Folder{
		{ID: "p", Parent: "i", Name: "Projects"}, {ID: "i", Name: "Inbox", WellKnown: "inbox"},
		{ID: "s", Name: "Sent Items"}, {ID: "ab", Parent: "p", Name: "a/b"},
	}}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i, title := range []string{"old", "twice", "Twice", "new"} {
		m.Add(snapshot.Item{ID: fmt.Sprint("m", i), Folder: "i", Kind: snapshot.Message, Title: title, Time: day.AddDate(0, 0, i)})
	}
	m.Add(snapshot.Item{ID: "deep", Folder: "ab", Kind: snapshot.Message, Title: "deep"})
	tree, err := snapshot.ReadTree(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return m, tree
}

func TestPathsKeepSlashesAndPercents(t *testing.T) {
	for _, names := range [][]string{{"a", "b"}, {"a/b"}, {"50%", "%2F", "%25x", "a%2fb"}, {"100%2"}} {
		path := snapshot.Join(names...)
		if got := snapshot.Split(path); !slices.Equal(got, names) {
			t.Errorf("%q became %q became %q", names, path, got)
		}
	}
}

func TestPagesAreCompleteAndInOrder(t *testing.T) {
	m, tree := mailbox(t)
	for order, want := range map[string][]string{
		"":          {"Projects", "old", "twice", "Twice", "new"},
		"name":      {"Projects", "new", "old", "twice", "Twice"},
		"time desc": {"Projects", "new", "Twice", "twice", "old"},
	} {
		for size := 1; size <= 6; size++ {
			if diff := cmp.Diff(want, titles(t, m, tree, order, size)); diff != "" {
				t.Errorf("pages of %d by %q: %s", size, order, diff)
			}
		}
	}
}

// titles are those of all pages of Inbox.
func titles(t *testing.T, m *snapshottest.Memory, tree *snapshot.Tree, by string, size int) []string {
	t.Helper()
	order, err := snapshot.ParseOrder(by)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for wanted := (snapshot.Wanted{Path: "inbox", Order: order, Limit: size}); ; {
		page, err := snapshot.Page(t.Context(), m, tree, wanted)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Folders)+len(page.Items) > size {
			t.Errorf("a page of %d holds %d", size, len(page.Folders)+len(page.Items))
		}
		for _, folder := range page.Folders {
			got = append(got, folder.Name)
		}
		for _, item := range page.Items {
			got = append(got, item.Title)
		}
		if wanted.Token = page.Next; wanted.Token == "" {
			return got
		}
	}
}

// A page costs what it shows, not what the folder holds: all pages of a folder read it once, and an
// item more each to know that there is a next one. Sorted pages read the whole folder each.
func TestCostOfPages(t *testing.T) {
	const items, size = 1000, 50
	m := &snapshottest.Memory{Tree: []snapshot.Folder{{ID: "i", Name: "Inbox"}}}
	for n := range items {
		m.Add(snapshot.Item{ID: fmt.Sprintf("m%04d", n), Folder: "i", Kind: snapshot.Message, Title: fmt.Sprint(n)})
	}
	tree, err := snapshot.ReadTree(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for order, most := range map[string]int{"": items + items/size, "name": items * (items / size)} {
		m.Read = 0
		if got := titles(t, m, tree, order, size); len(got) != items || m.Read > most {
			t.Errorf("by %q: %d items listed, %d read, not %d", order, len(got), m.Read, most)
		}
	}
}

func TestPageOfNothing(t *testing.T) {
	m, tree := mailbox(t)
	if _, err := snapshot.Page(t.Context(), m, tree, snapshot.Wanted{Path: "Inbox/Nowhere", Limit: 10}); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown path: %v", err)
	}
	if _, err := snapshot.Page(t.Context(), m, tree, snapshot.Wanted{Path: "Inbox", Token: "rubbish", Limit: 10}); !fault.Is(err, fault.Invalid) {
		t.Errorf("bad token: %v", err)
	}
	if page, err := snapshot.Page(t.Context(), m, tree, snapshot.Wanted{Path: "Sent Items", Limit: 10}); err != nil || len(page.Items) > 0 || page.Next != "" {
		t.Errorf("empty folder: %+v, %v", page, err)
	}
}

func TestChoices(t *testing.T) {
	m, tree := mailbox(t)
	for _, test := range []struct {
		name      string
		selectors []snapshot.Selector
		want      []string
		kind      fault.Kind
	}{
		{"nothing means everything", nil, []string{"deep", "m0", "m1", "m2", "m3"}, 0},
		{"folder with what is below", []snapshot.Selector{{Path: "Inbox/Projects"}}, []string{"deep"}, 0},
		{"escaped name", []snapshot.Selector{{Path: "Inbox/Projects/a%2Fb"}}, []string{"deep"}, 0},
		{"item by path", []snapshot.Selector{{Path: "Inbox/new"}}, []string{"m3"}, 0},
		{"exact name before another case", []snapshot.Selector{{Path: "Inbox/twice"}}, []string{"m1"}, 0},
		{"ambiguous name", []snapshot.Selector{{Path: "Inbox/TWICE"}}, nil, fault.Invalid},
		{"item by id, and its folder", []snapshot.Selector{{ID: "m0"}, {Path: "Inbox"}}, []string{"deep", "m0", "m1", "m2", "m3"}, 0},
		{"folder by id, item beside it", []snapshot.Selector{{ID: "p"}, {ID: "m2"}, {ID: "m2"}}, []string{"deep", "m2"}, 0},
		{"unknown id", []snapshot.Selector{{ID: "x"}}, nil, fault.NotFound},
		{"unknown path", []snapshot.Selector{{Path: "Inbox/x"}}, nil, fault.NotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			choice, err := snapshot.Choose(t.Context(), m, tree, test.selectors)
			if err != nil || test.want == nil {
				if !fault.Is(err, test.kind) {
					t.Errorf("error %v", err)
				}
				return
			}
			var got []string
			for item, err := range choice.All(t.Context(), m) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, item.ID)
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
