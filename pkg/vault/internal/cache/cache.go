// Package cache keeps the most recently used decoded blocks up to a number of bytes.
package cache

import (
	"container/list"
	"sync"
)

// LRU is a map of bounded size in bytes. It is safe for concurrent use.
type LRU[K comparable, V any] struct {
	mu     sync.Mutex
	limit  int64
	used   int64
	byKey  map[K]*list.Element
	recent list.List // front is the most recent
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  int64
}

// New makes a cache of at most limit bytes.
func New[K comparable, V any](limit int64) *LRU[K, V] {
	return &LRU[K, V]{limit: limit, byKey: map[K]*list.Element{}}
}

// Get returns what is kept for key.
func (c *LRU[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true
}

// Put keeps a value that takes size bytes.
func (c *LRU[K, V]) Put(key K, value V, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.drop(e)
	}
	c.byKey[key] = c.recent.PushFront(&entry[K, V]{key, value, size})
	c.used += size
	for c.used > c.limit && c.recent.Len() > 1 {
		c.drop(c.recent.Back())
	}
}

func (c *LRU[K, V]) drop(e *list.Element) {
	old := c.recent.Remove(e).(*entry[K, V])
	delete(c.byKey, old.key)
	c.used -= old.size
}
