package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Connection says how a process reaches the nats-server.
type Connection struct {
	Service     string                     // who connects, such as "directory-sync": name in the server's lists, prefix of inboxes
	URL         string                     // one or more, separated by commas; default nats://127.0.0.1:4222
	InProcess   nats.InProcessConnProvider // the embedded server (*server.Server); URL is not used then
	NKeySeed    string                     // file with the service's NKEY seed; empty for a server without accounts
	Credentials string                     // file with a JWT and its seed, instead of NKeySeed
	TLS         *tls.Config                // nil for a plain connection
	Logger      *slog.Logger               // default slog.Default()
}

// apiTimeout is short because the server answers a call that permissions forbid with silence. It holds for
// calls whose context has no deadline of its own.
const apiTimeout = 5 * time.Second

// Connect returns a connection that reconnects for ever once it has succeeded, and fails at once if the
// first attempt does. While it is down, publishing fails instead of piling up: what a caller was told
// had failed must not happen later. Close it with [Close].
func Connect(ctx context.Context, config Connection) (jetstream.JetStream, error) {
	options, err := config.options()
	if err != nil {
		return nil, fault.As(fault.Invalid, "connect to nats", err, fault.Next("check the key file of this service"))
	}
	conn, err := dial(ctx, config.url(), options)
	if err != nil {
		return nil, connectFault(err)
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(apiTimeout))
	if err != nil {
		conn.Close()
		return nil, fault.As(fault.Internal, "connect to nats", err)
	}
	return js, nil
}

// dial gives the client's blocking connect the end of ctx as its time-out.
func dial(ctx context.Context, url string, options []nats.Option) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		options = append(options, nats.Timeout(time.Until(deadline)))
	}
	return nats.Connect(url, options...)
}

func connectFault(err error) error {
	if errors.Is(err, nats.ErrAuthorization) {
		return fault.As(fault.Unauthentic, "connect to nats", err, fault.Next("give the service the NKEY that the nats-server knows it by"))
	}
	return fault.As(fault.Transient, "connect to nats", err, fault.Next("check that the nats-server runs and that the address is right"))
}

// Close lets what was sent arrive, ends every subscription and closes the connection. It waits until
// that is done or ctx ends.
func Close(ctx context.Context, js jetstream.JetStream) error {
	conn := js.Conn()
	closed := make(chan struct{})
	conn.SetClosedHandler(func(*nats.Conn) { close(closed) })
	if conn.IsClosed() {
		return nil
	}
	if err := conn.Drain(); err != nil {
		conn.Close()
		return nil
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		conn.Close()
		return fault.As(fault.Transient, "close nats connection", ctx.Err())
	}
}

func (c Connection) url() string {
	if c.URL == "" {
		return nats.DefaultURL
	}
	return c.URL
}

func (c Connection) options() ([]nats.Option, error) {
	service := c.Service
	if service == "" {
		service = "tenantkeep"
	}
	options := []nats.Option{
		nats.Name(service),
		nats.CustomInboxPrefix("_INBOX_" + service),
		nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DrainTimeout(20 * time.Second),
	}
	options = append(options, c.handlers()...)
	if c.InProcess != nil {
		options = append(options, nats.InProcessServer(c.InProcess))
	}
	if c.TLS != nil {
		options = append(options, nats.Secure(c.TLS))
	}
	if c.Credentials != "" {
		options = append(options, nats.UserCredentials(c.Credentials))
	}
	if c.NKeySeed != "" {
		nkey, err := nats.NkeyOptionFromSeed(c.NKeySeed)
		if err != nil {
			return nil, err
		}
		options = append(options, nkey)
	}
	return options, nil
}

// handlers log what the client would otherwise keep to itself. A subject that permissions forbid shows
// only here; the call itself times out.
func (c Connection) handlers() []nats.Option {
	log := c.Logger
	if log == nil {
		log = slog.Default()
	}
	return []nats.Option{
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Warn("nats", "error", err, "subject", subject)
		}),
		nats.DisconnectErrHandler(func(conn *nats.Conn, err error) {
			if err != nil {
				log.Warn("nats connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) { log.Info("nats connection is back", "server", conn.ConnectedServerName()) }),
	}
}
