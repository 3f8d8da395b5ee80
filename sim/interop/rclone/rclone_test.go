package rclone_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/accounting"
	"github.com/rclone/rclone/fs/operations"
	"github.com/rclone/rclone/fs/sync"
	"github.com/rclone/rclone/fs/walk"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// uploaded is how many files are uploaded, and generated how many each drive has to begin with:
// more than a page of the backend's delta.
const (
	uploaded  = 500
	generated = 400
)

// drive is a remote and what it is compared with.
type drive struct {
	rclone
	user string
}

// TestRclone runs in one process against one simulator: the backend keeps its transport, and with
// it the authority that it trusts, for good. Each part starts from what the last one left.
func TestRclone(t *testing.T) {
	n := tenant.Start(t, "--users", "2", "--mails", "0", "--files", strconv.Itoa(generated), "--seed", "7")
	sums := n.Sums(t, "files")
	first, second := sums[0].User, sums[1].User
	made := drive{connect(t, n, first), first}
	own := drive{connect(t, n, second), second}
	folder, random := t.TempDir(), rand.New(rand.NewPCG(7, 7))
	tree(t, folder, uploaded, random)

	t.Run("lists what a drive has", made.lists)
	t.Run("lists by delta what a drive has", made.listsByDelta)
	t.Run("downloads what a drive has", made.downloads)
	t.Run("tells the quota", made.tellsQuota)
	t.Run("uploads", func(t *testing.T) { own.uploads(t, folder) })
	t.Run("finds nothing to do when all is there", func(t *testing.T) { own.hasNothingToDo(t, folder) })
	t.Run("downloads the same", func(t *testing.T) { own.downloadsTheSame(t, folder) })
	t.Run("syncs changes", func(t *testing.T) { own.syncsChanges(t, folder, random) })
	t.Run("moves and renames", func(t *testing.T) { own.moves(t, folder) })
	t.Run("syncs changes down", func(t *testing.T) { own.downloadsTheSame(t, folder) })
	t.Run("deletes", func(t *testing.T) { own.deletes(t) })
	n.NoneRefused(t, "404") // rclone asks for paths before it makes them
}

// listing is what rclone sees, by path.
func listing(ctx context.Context, t *testing.T, remote fs.Fs) map[string]file {
	t.Helper()
	found := map[string]file{}
	err := walk.ListR(ctx, remote, "", true, -1, walk.ListObjects, func(entries fs.DirEntries) error {
		for _, entry := range entries {
			found["/"+entry.Remote()] = file{Size: entry.Size(), Modified: entry.ModTime(ctx).UTC().Format(time.RFC3339)}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// withoutDigests is what a listing can know.
func withoutDigests(files map[string]file) map[string]file {
	found := map[string]file{}
	for path, f := range files {
		f.Digest = ""
		found[path] = f
	}
	return found
}

// contents are files without their names, which rclone writes in other letters where OneDrive does
// not take them.
func contents(files map[string]file) map[file]int {
	found := map[file]int{}
	for _, f := range files {
		found[f]++
	}
	return found
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}

func (d drive) lists(t *testing.T) {
	ctx, _ := run(t, d.tenant)
	want := simulated(t, d.tenant, d.user, "")
	if len(want) != generated {
		t.Fatalf("the simulator has %d files", len(want))
	}
	same(t, "listing", withoutDigests(want), listing(ctx, t, d.open(ctx, t, "")))
}

func (d drive) listsByDelta(t *testing.T) {
	ctx, settings := run(t, d.tenant)
	settings.UseListR = true
	same(t, "listing", withoutDigests(simulated(t, d.tenant, d.user, "")), listing(ctx, t, d.open(ctx, t, "", "delta=true")))
}

func (d drive) downloads(t *testing.T) {
	ctx, _ := run(t, d.tenant)
	folder := t.TempDir()
	if err := sync.CopyDir(ctx, open(ctx, t, folder), d.open(ctx, t, ""), true); err != nil {
		t.Fatal(err)
	}
	same(t, "files", simulated(t, d.tenant, d.user, ""), local(t, folder))
}

func (d drive) tellsQuota(t *testing.T) {
	ctx, _ := run(t, d.tenant)
	usage, err := d.open(ctx, t, "").Features().About(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, f := range simulated(t, d.tenant, d.user, "") {
		size += f.Size
	}
	same(t, "used", size, *usage.Used)
	same(t, "free", *usage.Total-size, *usage.Free)
}

// root is the folder on the drive that everything goes to.
const root = "backup/from rclone"

func (d drive) uploads(t *testing.T, folder string) {
	ctx, _ := run(t, d.tenant)
	if err := sync.Sync(ctx, d.open(ctx, t, root), open(ctx, t, folder), true); err != nil {
		t.Fatal(err)
	}
	same(t, "transfers", uploaded, accounting.Stats(ctx).GetTransfers())
	d.is(ctx, t, folder)
}

// is fails if the drive has not what a folder has: as the simulator says, and as rclone lists.
func (d drive) is(ctx context.Context, t *testing.T, folder string) {
	t.Helper()
	want := local(t, folder)
	same(t, "files of the simulator", contents(want), contents(simulated(t, d.tenant, d.user, "/"+root)))
	same(t, "listing", withoutDigests(want), listing(ctx, t, d.open(ctx, t, root)))
}

func (d drive) hasNothingToDo(t *testing.T, folder string) {
	ctx, settings := run(t, d.tenant)
	settings.CheckSum = true
	if err := sync.Sync(ctx, d.open(ctx, t, root), open(ctx, t, folder), true); err != nil {
		t.Fatal(err)
	}
	same(t, "transfers", 0, accounting.Stats(ctx).GetTransfers())
	same(t, "files compared", len(local(t, folder)), int(accounting.Stats(ctx).GetChecks()))
}

func (d drive) downloadsTheSame(t *testing.T, folder string) {
	ctx, _ := run(t, d.tenant)
	back := t.TempDir()
	if err := sync.Sync(ctx, open(ctx, t, back), d.open(ctx, t, root), true); err != nil {
		t.Fatal(err)
	}
	same(t, "files", local(t, folder), local(t, back))
}

// syncsChanges changes 60 files, deletes 40, renames 20 and adds 30.
func (d drive) syncsChanges(t *testing.T, folder string, random *rand.Rand) {
	ctx, settings := run(t, d.tenant)
	settings.TrackRenames = true
	paths := slices.Sorted(maps.Keys(local(t, folder)))
	random.Shuffle(len(paths), func(a, b int) { paths[a], paths[b] = paths[b], paths[a] })
	for n, path := range paths[:120] {
		path = filepath.Join(folder, path)
		switch {
		case n < 60:
			write(t, path, 1+random.IntN(400<<10), random)
		case n < 100:
			do(t, os.Remove(path))
		default:
			do(t, os.Rename(path, filepath.Join(folder, "renamed "+filepath.Base(path))))
		}
	}
	tree(t, filepath.Join(folder, "new"), 30, random)
	if err := sync.Sync(ctx, d.open(ctx, t, root), open(ctx, t, folder), true); err != nil {
		t.Fatal(err)
	}
	if renamed, transfers := accounting.Stats(ctx).Renames(0), accounting.Stats(ctx).GetTransfers(); renamed < 15 || transfers > 100 {
		t.Errorf("%d files were renamed and %d transferred", renamed, transfers)
	}
	d.is(ctx, t, folder)
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// moves a file and a folder on the drive alone, and then the same here.
func (d drive) moves(t *testing.T, folder string) {
	ctx, _ := run(t, d.tenant)
	remote := d.open(ctx, t, root)
	write(t, filepath.Join(folder, "new", "moving"), 1000, rand.New(rand.NewPCG(1, 1)))
	do(t, sync.CopyDir(ctx, remote, open(ctx, t, folder), true))
	do(t, operations.MoveFile(ctx, remote, remote, "moved to/here", "new/moving"))
	do(t, operations.DirMove(ctx, remote, "new/a/b", "reports/b again"))
	do(t, os.MkdirAll(filepath.Join(folder, "moved to"), 0o755))
	do(t, os.Rename(filepath.Join(folder, "new", "moving"), filepath.Join(folder, "moved to", "here")))
	do(t, os.Rename(filepath.Join(folder, "new", "a", "b"), filepath.Join(folder, "reports", "b again")))
	d.is(ctx, t, folder)
}

// deletes one file, what is in a folder, and the rest at once.
func (d drive) deletes(t *testing.T) {
	ctx, _ := run(t, d.tenant)
	remote := d.open(ctx, t, root)
	one, err := remote.NewObject(ctx, "moved to/here")
	do(t, err)
	do(t, operations.DeleteFile(ctx, one))
	do(t, operations.Delete(ctx, d.open(ctx, t, root+"/reports")))
	do(t, operations.Rmdirs(ctx, remote, "reports", false))
	for path := range simulated(t, d.tenant, d.user, "/"+root+"/") {
		if path == "moved to/here" || strings.HasPrefix(path, "reports/") {
			t.Errorf("%s is still there", path)
		}
	}
	do(t, operations.Purge(ctx, d.open(ctx, t, "backup"), ""))
	same(t, "files left", 0, len(simulated(t, d.tenant, d.user, "/backup")))
	same(t, "files that were there before", generated, len(simulated(t, d.tenant, d.user, "")))
}
