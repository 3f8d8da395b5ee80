package natstest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
)

// Link is a network path to a server that a test can break for the connections that use it, while
// others go on.
type Link struct {
	tb       testing.TB
	to       string
	listener net.Listener
	muted    atomic.Bool

	mu      sync.Mutex
	severed bool
	open    map[net.Conn]bool
	workers sync.WaitGroup
}

// Link opens a path to the server, closed when the test ends.
func (s *Server) Link() *Link {
	s.tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.tb.Fatal(err)
	}
	l := &Link{tb: s.tb, to: s.config.Listen, listener: listener, open: map[net.Conn]bool{}}
	l.workers.Go(l.accept)
	s.tb.Cleanup(func() {
		listener.Close()
		l.Sever()
		l.workers.Wait()
	})
	return l
}

// Connect returns a connection that goes over the link, closed when the test ends.
func (l *Link) Connect() jetstream.JetStream {
	l.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js, err := bus.Connect(ctx, bus.Connection{Service: "linked", URL: "nats://" + l.listener.Addr().String(), Logger: silent()})
	if err != nil {
		l.tb.Fatal(err)
	}
	l.tb.Cleanup(js.Conn().Close)
	return js
}

// Mute loses what the server says, until [Link.Mend]. What clients say still arrives.
func (l *Link) Mute() { l.muted.Store(true) }

// Sever breaks every connection and refuses new ones, until [Link.Mend].
func (l *Link) Sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.severed = true
	for conn := range l.open {
		conn.Close()
	}
}

// Mend lets connections through again.
func (l *Link) Mend() {
	l.muted.Store(false)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.severed = false
}

func (l *Link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.DialTimeout("tcp", l.to, time.Second)
		if err != nil || !l.admit(client, server) {
			client.Close()
			if err == nil {
				server.Close()
			}
			continue
		}
		l.workers.Go(func() { l.copy(server, client, false) })
		l.workers.Go(func() { l.copy(client, server, true) })
	}
}

func (l *Link) admit(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		l.open[conn] = true
	}
	return !l.severed
}

// copy carries bytes one way until either side is closed, then closes both.
func (l *Link) copy(to, from net.Conn, fromServer bool) {
	defer func() {
		to.Close()
		from.Close()
		l.mu.Lock()
		delete(l.open, to)
		delete(l.open, from)
		l.mu.Unlock()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !(fromServer && l.muted.Load()) {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
