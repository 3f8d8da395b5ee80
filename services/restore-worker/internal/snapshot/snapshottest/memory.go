// Package snapshottest has a snapshot in memory for the tests of those who read snapshots.
package snapshottest

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Memory is a snapshot.Reader. Fill it before use.
type Memory struct {
	Is     snapshot.Info
	Tree   []snapshot.Folder
	Stored []snapshot.Item
	Parts  map[string][]byte // by item or folder id, "/", part
	Read   int               // items that were read for In
}

var _ snapshot.Reader = (*Memory)(nil)

// Add stores an item with its parts, given as name, bytes, name, bytes...
func (m *Memory) Add(item snapshot.Item, parts ...string) {
	if m.Parts == nil {
		m.Parts = map[string][]byte{}
	}
	for i := 0; i+1 < len(parts); i += 2 {
		item.Parts = append(item.Parts, snapshot.Part{Name: parts[i], Size: int64(len(parts[i+1]))})
		m.Parts[item.ID+"/"+parts[i]] = []byte(parts[i+1])
	}
	m.Stored = append(m.Stored, item)
}

// Info implements snapshot.Reader.
func (m *Memory) Info() snapshot.Info { return m.Is }

// Folders implements snapshot.Reader.
func (m *Memory) Folders(context.Context) iter.Seq2[snapshot.Folder, error] {
	return func(yield func(snapshot.Folder, error) bool) {
		for _, folder := range m.Tree {
			if !yield(folder, nil) {
				return
			}
		}
	}
}

// Items implements snapshot.Reader.
func (m *Memory) Items(_ context.Context, folders map[string]bool) iter.Seq2[snapshot.Item, error] {
	return m.only(func(item snapshot.Item) bool { return folders[item.Folder] })
}

// In implements snapshot.Reader.
func (m *Memory) In(_ context.Context, folder, after string) iter.Seq2[snapshot.Item, error] {
	sorted := slices.SortedFunc(slices.Values(m.Stored), func(a, b snapshot.Item) int { return strings.Compare(a.ID, b.ID) })
	return func(yield func(snapshot.Item, error) bool) {
		for _, item := range sorted {
			if item.Folder != folder || item.ID <= after {
				continue
			}
			if m.Read++; !yield(item, nil) {
				return
			}
		}
	}
}

// Item implements snapshot.Reader.
func (m *Memory) Item(_ context.Context, id string) (snapshot.Item, error) {
	for _, item := range m.Stored {
		if item.ID == id {
			return item, nil
		}
	}
	return snapshot.Item{}, fault.New(fault.NotFound, "look up item", "no such item")
}

// Search implements snapshot.Reader.
func (m *Memory) Search(_ context.Context, query string) iter.Seq2[snapshot.Item, error] {
	return m.only(func(item snapshot.Item) bool {
		return strings.Contains(strings.ToLower(item.Title+" "+item.Sender), strings.ToLower(query))
	})
}

// Open implements snapshot.Reader.
func (m *Memory) Open(_ context.Context, item snapshot.Item, part string) (io.ReadCloser, error) {
	return m.open(item.ID + "/" + part)
}

// OpenFolder implements snapshot.Reader.
func (m *Memory) OpenFolder(_ context.Context, id string) (io.ReadCloser, error) {
	return m.open(id + "/item")
}

func (m *Memory) open(key string) (io.ReadCloser, error) {
	data, ok := m.Parts[key]
	if !ok {
		return nil, fault.New(fault.NotFound, "open part", "no such part")
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (m *Memory) only(keep func(snapshot.Item) bool) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		for _, item := range m.Stored {
			if keep(item) && !yield(item, nil) {
				return
			}
		}
	}
}
