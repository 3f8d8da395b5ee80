package filesystem

import (
	"container/list"
	"os"
	"sync"
)

// maxHandles is how many files stay open for reading. Blocks of one pack are read many times in a
// restore, and opening a file costs more than reading a block of it.
const maxHandles = 32

// handles keeps the files open that were read last. Objects never change, so a file that was
// opened once is good for ever.
type handles struct {
	mu     sync.Mutex
	byPath map[string]*list.Element
	recent list.List // of *handle; front is the most recent
}

type handle struct {
	path    string
	file    *os.File
	users   int
	dropped bool // to be closed by its last user
}

// acquire opens a file, or finds it open. Every handle is released once.
func (h *handles) acquire(path string) (*handle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.byPath[path]; ok {
		h.recent.MoveToFront(e)
		one := e.Value.(*handle)
		one.users++
		return one, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	one := &handle{path: path, file: file, users: 1}
	if h.byPath == nil {
		h.byPath = map[string]*list.Element{}
	}
	h.byPath[path] = h.recent.PushFront(one)
	if h.recent.Len() > maxHandles {
		h.drop(h.recent.Back())
	}
	return one, nil
}

func (h *handles) release(one *handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one.users--; one.users == 0 && one.dropped {
		one.file.Close()
	}
}

// forget closes a file that is about to be deleted, so that its room becomes free.
func (h *handles) forget(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.byPath[path]; ok {
		h.drop(e)
	}
}

// drop closes a file as soon as nobody uses it. The caller holds mu.
func (h *handles) drop(e *list.Element) {
	one := h.recent.Remove(e).(*handle)
	delete(h.byPath, one.path)
	if one.dropped = true; one.users == 0 {
		one.file.Close()
	}
}
