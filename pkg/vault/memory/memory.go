// Package memory keeps a vault's objects in memory, for tests.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// Backend is a map of objects. It is safe for concurrent use.
type Backend struct {
	mu      sync.Mutex
	objects map[string][]byte
}

var _ vault.Backend = (*Backend)(nil)

// New makes an empty store.
func New() *Backend { return &Backend{objects: map[string][]byte{}} }

// Create implements vault.Backend.
func (b *Backend) Create(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap("create object", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.objects[name]; ok {
		return fault.New(fault.Exists, "create object", name+" exists")
	}
	b.objects[name] = bytes.Clone(data)
	return nil
}

// Read implements vault.Backend.
func (b *Backend) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	const op = "read object"
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.objects[name]
	if !ok {
		return nil, fault.New(fault.NotFound, op, "there is no "+name)
	}
	if length < 0 {
		length = max(0, int64(len(data))-offset)
	}
	if offset+length > int64(len(data)) {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("%s has %d bytes, wanted %d from %d", name, len(data), length, offset))
	}
	return bytes.Clone(data[offset : offset+length]), nil
}

// List implements vault.Backend.
func (b *Backend) List(ctx context.Context, prefix, after string, limit int) iter.Seq2[vault.Object, error] {
	return func(yield func(vault.Object, error) bool) {
		for i, o := range b.list(prefix, after) {
			if err := ctx.Err(); err != nil {
				yield(vault.Object{}, fault.Wrap("list objects", err))
				return
			}
			if limit > 0 && i == limit || !yield(o, nil) {
				return
			}
		}
	}
}

func (b *Backend) list(prefix, after string) []vault.Object {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []vault.Object
	for _, name := range slices.Sorted(maps.Keys(b.objects)) {
		if strings.HasPrefix(name, prefix) && name > after {
			list = append(list, vault.Object{Name: name, Size: int64(len(b.objects[name]))})
		}
	}
	return list
}

// Delete implements vault.Backend.
func (b *Backend) Delete(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap("delete object", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, name)
	return nil
}
