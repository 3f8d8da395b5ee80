package main

import (
	"context"
	"iter"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
)

const unit vault.UnitID = "bench"

// counting counts what goes to and from the store.
type counting struct {
	vault.Backend
	reads, written atomic.Int64
}

func (c *counting) Create(ctx context.Context, name string, data []byte) error {
	c.written.Add(int64(len(data)))
	return c.Backend.Create(ctx, name, data)
}

func (c *counting) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	c.reads.Add(1)
	return c.Backend.Read(ctx, name, offset, length)
}

func (c *counting) List(ctx context.Context, prefix, after string, limit int) iter.Seq2[vault.Object, error] {
	c.reads.Add(1)
	return c.Backend.List(ctx, prefix, after, limit)
}

// subject is a vault on the file system, as a worker has it.
type subject struct {
	*vault.Vault
	store *counting
}

func open(ctx context.Context, dir string, cache int64) (subject, error) {
	objects, err := filesystem.New(filepath.Join(dir, "vault"))
	if err != nil {
		return subject{}, err
	}
	wrapped, err := filesystem.New(filepath.Join(dir, "keys"))
	if err != nil {
		return subject{}, err
	}
	keys, err := localkeys.Open(ctx, localkeys.Config{KeyFile: filepath.Join(dir, "tenant.key"), Backend: wrapped})
	if err != nil {
		return subject{}, err
	}
	store := &counting{Backend: objects}
	v, err := vault.Open(ctx, vault.Config{ID: "bench", Backend: store, Keys: keys.For("bench"), CacheBytes: cache})
	return subject{v, store}, err
}

// spent is the time that a piece of work took.
type spent struct{ wall, cpu time.Duration }

func clock(work func() error) (spent, error) {
	begun, used := time.Now(), cpuTime()
	err := work()
	return spent{time.Since(begun), cpuTime() - used}, err
}

// cpuTime is what the process has used, system calls included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
