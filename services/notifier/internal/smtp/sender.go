package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
)

// Sender implements delivery.Sender.
type Sender struct{ roots *x509.CertPool }

var _ delivery.Sender = Sender{}

// New returns a sender that trusts the given authorities, or those of the machine if roots is nil.
func New(roots *x509.CertPool) Sender { return Sender{roots} }

// Timeout of each step of the conversation; servers that check for spam take their time.
const Timeout = 20 * time.Second

// Send implements delivery.Sender.
func (s Sender) Send(ctx context.Context, channel delivery.Channel, secret string, message delivery.Message) error {
	letter, err := write(*channel.Email, message)
	if err != nil {
		return fault.As(fault.Precondition, "write mail", err, fault.Next("make the channel again with good addresses"))
	}
	line := &line{}
	defer line.cut()
	client, err := s.client(*channel.Email, secret, line)
	if err != nil {
		return fault.As(fault.Precondition, "send mail", err, fault.Next("make the channel again with the server as host:port"))
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil && !letter.IsDelivered() { // a goodbye that fails does not matter
		return classify(ctx, err)
	}
	return nil
}

func write(email delivery.Email, message delivery.Message) (*mail.Msg, error) {
	letter := mail.NewMsg()
	if err := errors.Join(letter.From(email.From), letter.To(email.To...)); err != nil {
		return nil, err
	}
	letter.Subject(message.Subject)
	letter.SetMessageIDWithValue(message.ID + "@tenantkeep")
	letter.SetDate()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	return letter, nil
}

func (s Sender) client(email delivery.Email, secret string, line *line) (*mail.Client, error) {
	host, portText, err := net.SplitHostPort(email.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: s.roots}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(Timeout), mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithTLSConfig(trust),
		mail.WithDialContextFunc(line.dial),
	}
	if port == portTLS {
		line.config = trust
	}
	if email.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(email.Username), mail.WithPassword(secret))
	}
	return mail.NewClient(host, options...)
}

// portTLS speaks TLS from the first byte (RFC 8314).
const portTLS = 465

// line is the connection of one conversation. The client leaves it open when the greeting, STARTTLS or the
// sign-in fails, so it is cut here in any case.
type line struct {
	config *tls.Config // for TLS from the first byte
	conn   net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.config == nil {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&tls.Dialer{Config: l.config}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *line) cut() {
	if l.conn != nil {
		_ = l.conn.Close() // most often it is closed already
	}
}

// classify tells what may go by from what does not.
func classify(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.As(fault.Cancelled, "send mail", ctx.Err())
	}
	code := codeOf(err)
	text := errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
	switch {
	case errors.Is(err, mail.ErrNoSupportedAuthDiscovered):
		return fault.As(fault.Precondition, "send mail", text, fault.Reason("MAIL_SIGN_IN"), fault.Next("use a server or port that offers STARTTLS, or a channel without user name"))
	case code == 535 || code == 534 || code == 530:
		return fault.As(fault.Precondition, "send mail", text, fault.Reason("MAIL_SIGN_IN"), fault.Next("make the channel again with the right user name and password"))
	case code >= 500:
		return fault.As(fault.Precondition, "send mail", text, fault.Reason("MAIL_REFUSED"), fault.Next("check the addresses, and that the server takes mail from this sender"))
	case code >= 400:
		return fault.As(fault.Transient, "send mail", text, fault.Reason("MAIL_DEFERRED"), fault.Next("it is tried again by itself"))
	default:
		return fault.As(fault.Transient, "send mail", text, fault.Reason("SERVER_UNREACHABLE"), fault.Next("check the server's address and that it can be reached from here"))
	}
}

// codeOf is the server's answer, or 0 if it gave none.
func codeOf(err error) int {
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() > 0 {
		return refused.ErrorCode()
	}
	var protocol *textproto.Error
	if errors.As(err, &protocol) {
		return protocol.Code
	}
	return 0
}
