package archive

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

const unit = "unit"

// stored commits a unit and opens it.
func stored(t testing.TB, fill func(*vault.Session)) *vault.View {
	t.Helper()
	dir := t.TempDir()
	objects, err := filesystem.New(filepath.Join(dir, "vault"))
	must(t, err)
	wrapped, err := filesystem.New(filepath.Join(dir, "keys"))
	must(t, err)
	keys, err := localkeys.Open(t.Context(), localkeys.Config{KeyFile: filepath.Join(dir, "tenant.key"), Backend: wrapped})
	must(t, err)
	v, err := vault.Open(t.Context(), vault.Config{ID: "c", Backend: objects, Keys: keys.For("c")})
	must(t, err)
	session, err := v.Begin(t.Context(), unit, vault.Run{ID: "r"})
	must(t, err)
	defer session.Close()
	fill(session)
	_, err = session.Commit(t.Context(), vault.Outcome{})
	must(t, err)
	view, err := v.At(t.Context(), unit, 0)
	must(t, err)
	return view
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seen are the ids that a reader yields, with the reason of what is missing.
func seen(t *testing.T, items iter.Seq2[snapshot.Item, error]) []string {
	t.Helper()
	var all []string
	for item, err := range items {
		must(t, err)
		all = append(all, note(item.ID, item.Problem))
	}
	return all
}

func note(id string, problem *snapshot.Problem) string {
	if problem == nil {
		return id
	}
	return fmt.Sprint(id, " ", problem.Reason, " ", problem.Held)
}

func TestWhatFailedStandsBesideWhatIsHeld(t *testing.T) {
	put := func(s *vault.Session, container, id, parent string, kind vault.Kind) {
		_, err := s.Put(t.Context(), vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: container, ID: id}, Kind: kind, Name: id, Parent: parent}})
		must(t, err)
	}
	fail := func(s *vault.Session, container, id string) {
		must(t, s.Fail(t.Context(), vault.Ref{Container: container, ID: id}, fault.Transient, "it broke"))
	}
	mail := &Contents{unit: unit, view: stored(t, func(s *vault.Session) {
		put(s, vault.Root, "in", "", vault.KindFolder)
		put(s, vault.Root, "out", "", vault.KindFolder)
		for _, id := range []string{"b", "d", "f"} {
			put(s, "in", id, "", vault.KindMessage)
		}
		put(s, "out", "x", "", vault.KindMessage)
		for _, id := range []string{"a", "d", "e", "z"} {
			fail(s, "in", id)
		}
		fail(s, vault.Root, "out")
		fail(s, vault.Root, "unseen")
	})}
	mail.layout = mailbox{mail.view}
	files := &Contents{unit: unit, layout: drive{}, view: stored(t, func(s *vault.Session) {
		put(s, content.Drive, "dir", "", vault.KindFolder)
		put(s, content.Drive, "new", "dir", vault.KindFile)
		put(s, content.Drive, "old", "dir", vault.KindFile)
		put(s, content.Drive, "top", "", vault.KindFile)
		fail(s, content.Drive, "old")
		fail(s, content.Drive, "never")
	})}
	ctx := t.Context()
	inbox := []string{"a NOT_BACKED_UP false", "b", "d INCOMPLETE true", "e NOT_BACKED_UP false", "f", "z NOT_BACKED_UP false"}
	for name, test := range map[string]struct {
		got  iter.Seq2[snapshot.Item, error]
		want []string
	}{
		"a folder of mail":             {mail.In(ctx, "in", ""), inbox},
		"after one that is missing":    {mail.In(ctx, "in", "a"), inbox[1:]},
		"after one that is in part":    {mail.In(ctx, "in", "d"), inbox[3:]},
		"after the last":               {mail.In(ctx, "in", "z"), nil},
		"the top of a mailbox":         {mail.In(ctx, snapshot.Top, ""), []string{"unseen NOT_BACKED_UP false"}},
		"several folders in one pass":  {mail.Items(ctx, map[string]bool{"in": true, "out": true}), append(inbox[:len(inbox):len(inbox)], "x")},
		"search":                       {mail.Search(ctx, "d"), inbox[2:3]},
		"a folder of a drive":          {files.In(ctx, "dir", ""), []string{"new", "old OLDER_VERSION true"}},
		"the top of a drive":           {files.In(ctx, snapshot.Top, ""), []string{"never NOT_BACKED_UP false", "top"}},
		"a folder of a drive, further": {files.In(ctx, "dir", "new"), []string{"old OLDER_VERSION true"}},
	} {
		if diff := cmp.Diff(test.want, seen(t, test.got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var folders []string
	for folder, err := range mail.Folders(ctx) {
		must(t, err)
		folders = append(folders, note(folder.ID, folder.Problem))
	}
	if diff := cmp.Diff([]string{"in", "out FOLDER_INCOMPLETE true"}, folders); diff != "" {
		t.Error(diff)
	}
	for id, want := range map[string]string{"b": "b", "d": inbox[2], "e": inbox[3]} {
		if item, err := mail.Item(ctx, id); err != nil || note(item.ID, item.Problem) != want || item.Folder != "in" {
			t.Errorf("%s: %+v, %v", id, item, err)
		}
	}
	if _, err := mail.Item(ctx, "nowhere"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

// BenchmarkPages lists a folder of 50,000 mails in pages of 500.
func BenchmarkPages(b *testing.B) {
	c := &Contents{unit: unit, view: stored(b, func(s *vault.Session) {
		_, err := s.Put(b.Context(), vault.Item{Meta: vault.Meta{Ref: vault.Ref{ID: "in"}, Kind: vault.KindFolder, Name: "Inbox"}})
		must(b, err)
		for n := range 50_000 {
			_, err := s.Put(b.Context(), vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: "in", ID: fmt.Sprintf("m%06d", n)}, Kind: vault.KindMessage, Name: fmt.Sprint("mail ", n)}})
			must(b, err)
		}
	})}
	c.layout = mailbox{c.view}
	tree, err := snapshot.ReadTree(b.Context(), c)
	must(b, err)
	for b.Loop() {
		items := 0
		for wanted := (snapshot.Wanted{Path: "Inbox", Limit: 500}); ; {
			page, err := snapshot.Page(b.Context(), c, tree, wanted)
			must(b, err)
			items += len(page.Items)
			if wanted.Token = page.Next; wanted.Token == "" {
				break
			}
		}
		if items != 50_000 {
			b.Fatal(items)
		}
	}
}
