package rclone_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// file is what has to be the same on both sides.
type file struct {
	Size     int64
	Digest   string // SHA-256
	Modified string // to the second, which is OneDrive's precision
}

// local reads all files below a folder, by their path in it.
func local(t *testing.T, folder string) map[string]file {
	t.Helper()
	found := map[string]file{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		found["/"+filepath.ToSlash(name)] = describe(content, info.ModTime())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func describe(content []byte, modified time.Time) file {
	sum := sha256.Sum256(content)
	return file{int64(len(content)), hex.EncodeToString(sum[:]), modified.UTC().Format(time.RFC3339)}
}

var detail = regexp.MustCompile(`^size=(\d+) sha256=([0-9a-f]+) .*modified=(\S+)`)

// simulated is what the simulator says of the files that a user has below a folder.
func simulated(t *testing.T, n *tenant.Tenant, user, folder string) map[string]file {
	t.Helper()
	found := map[string]file{}
	for _, sum := range n.Sums(t, "files&user="+user) {
		for _, line := range sum.Lines {
			rest, inside := cutPrefix(line.Path, folder)
			if line.Kind != "file" || !inside {
				continue
			}
			match := detail.FindStringSubmatch(line.Detail)
			if match == nil {
				t.Fatalf("the simulator says %q of %s", line.Detail, line.Path)
			}
			f := file{Digest: match[2], Modified: match[3]}
			if _, err := fmt.Sscan(match[1], &f.Size); err != nil {
				t.Fatal(err)
			}
			found[rest] = f
		}
	}
	return found
}

func cutPrefix(path, folder string) (string, bool) {
	if len(path) < len(folder) || path[:len(folder)] != folder {
		return "", false
	}
	return path[len(folder):], true
}

// awkward are names that paths in addresses have to escape, and some that OneDrive does not take
// as they are: rclone writes those in other letters and back.
var awkward = []string{"plain", "with space", "sharp #1", "100% & more", "it's", "a+b=c", "semi;colon,comma", "Übergröße ñ", "日本語", "emoji 🎉",
	"(brackets) [square] {curly}", "dollar$@!", "two..dots", "~tilde", "back`tick", "question?", "colon:star*", "pipe|quote\"", " leading", "trailing."}

// largest is above rclone's chunk of 10 MiB, so that it takes more than one fragment.
const largest = 11<<20 + 7

// size of the nth file: most are small, some are empty, at the unit of fragments, or large.
func size(n int, random *rand.Rand) int {
	switch {
	case n%50 == 0:
		return 0
	case n%50 == 1:
		return 320<<10 - 1 + n/50%3
	case n == 333 || n == 444:
		return largest
	}
	return random.IntN(20 << 10)
}

// tree writes count files into folders of a folder.
func tree(t *testing.T, folder string, count int, random *rand.Rand) {
	t.Helper()
	for n := range count {
		name := fmt.Sprintf("%s %03d.dat", awkward[n%len(awkward)], n)
		inside := []string{"", "reports", "reports/trailing ", "photos & films/été", "a/b/c/d/e"}[n%5]
		write(t, filepath.Join(folder, filepath.FromSlash(inside), name), size(n, random), random)
	}
}

// write makes a file of random bytes with a date of the past.
func write(t *testing.T, path string, size int, random *rand.Rand) {
	t.Helper()
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	date := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(5*365*24*3600)) * time.Second)
	if err := os.Chtimes(path, date, date); err != nil {
		t.Fatal(err)
	}
}
