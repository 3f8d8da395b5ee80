package smtptest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// Server is a running mail server.
type Server struct {
	Address string // host:port

	mu       sync.Mutex
	refusals map[string]string // answer instead, by verb
	user     string            // asked for if not empty, as "user\x00password"
	letters  []Letter
	conns    []net.Conn
	arrived  chan struct{} // holds one note that a letter has come

	identity tls.Certificate
	Roots    *x509.CertPool // trust the server's certificate
}

// Letter is one mail as it arrived.
type Letter struct {
	From string
	To   []string
	Body *mail.Message
	Text string // of the body, as sent
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), refusals: map[string]string{}, arrived: make(chan struct{}, 1)}
	s.borrowCertificate()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			serving.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for _, conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		serving.Wait()
	})
	return s
}

// borrowCertificate takes the one for 127.0.0.1 that httptest has.
func (s *Server) borrowCertificate() {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	s.identity, s.Roots = web.TLS.Certificates[0], x509.NewCertPool()
	s.Roots.AddCert(web.Certificate())
}

// Refuse has the server answer that verb with that line, such as "550 no such user"; "" takes it back.
func (s *Server) Refuse(verb, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[verb] = answer
}

// Ask has the server take mail only after this sign-in.
func (s *Server) Ask(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user = user + "\x00" + password
}

// Letters are those that have come.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Arrived has a note whenever letters have come.
func (s *Server) Arrived() <-chan struct{} { return s.arrived }

type talk struct {
	*Server
	in     *bufio.Reader
	out    net.Conn
	letter Letter
	known  bool
	secure bool
}

func (s *Server) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	t := &talk{Server: s, in: bufio.NewReader(conn), out: conn}
	t.say("220 smtptest")
	for {
		line, err := t.in.ReadString('\n')
		if err != nil || !t.answer(strings.TrimSpace(line)) {
			return
		}
	}
}

func (t *talk) say(line string) { _, _ = t.out.Write([]byte(line + "\r\n")) }

// answer answers one command and tells whether to go on.
func (t *talk) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	t.mu.Lock()
	refusal, asked := t.refusals[verb], t.user
	t.mu.Unlock()
	switch {
	case refusal != "":
		t.say(refusal)
	case verb == "EHLO" && !t.secure:
		t.say("250-smtptest\r\n250 STARTTLS")
	case verb == "EHLO" && asked != "":
		t.say("250-smtptest\r\n250 AUTH PLAIN")
	case verb == "STARTTLS":
		t.say("220 go on")
		t.out = tls.Server(t.out, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{t.identity}})
		t.in, t.secure = bufio.NewReader(t.out), true
	case verb == "AUTH":
		t.signIn(rest, asked)
	case verb == "MAIL" && asked != "" && !t.known:
		t.say("530 sign in first")
	case verb == "MAIL":
		t.letter = Letter{From: address(rest)}
		t.say("250 ok")
	case verb == "RCPT":
		t.letter.To = append(t.letter.To, address(rest))
		t.say("250 ok")
	case verb == "DATA":
		return t.take()
	case verb == "QUIT":
		t.say("221 bye")
		return false
	default:
		t.say("250 ok")
	}
	return true
}

func (t *talk) signIn(rest, asked string) {
	_, encoded, _ := strings.Cut(rest, " ")
	plain, err := base64.StdEncoding.DecodeString(encoded)
	if t.known = err == nil && strings.TrimPrefix(string(plain), "\x00") == asked; !t.known {
		t.say("535 wrong user name or password")
		return
	}
	t.say("235 welcome")
}

func (t *talk) take() bool {
	t.say("354 go on")
	var text strings.Builder
	for {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	t.letter.Text = text.String()
	body, err := mail.ReadMessage(strings.NewReader(t.letter.Text))
	if err != nil {
		t.say("554 cannot read this")
		return true
	}
	t.letter.Body = body
	t.mu.Lock()
	t.letters = append(t.letters, t.letter)
	t.mu.Unlock()
	select {
	case t.arrived <- struct{}{}:
	default:
	}
	t.say("250 kept")
	return true
}

// address is what stands between < and >.
func address(text string) string {
	_, rest, _ := strings.Cut(text, "<")
	inside, _, _ := strings.Cut(rest, ">")
	return inside
}
