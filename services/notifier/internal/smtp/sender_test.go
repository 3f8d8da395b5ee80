package smtp_test

import (
	"context"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/smtp"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/smtp/smtptest"
)

var message = delivery.Message{ID: "d1", Subject: "Tenantkeep: backup-failed für Zoë", Text: "Why: a folder\n.\nthat ends"}

func channel(server string) delivery.Channel {
	return delivery.Channel{ID: "c1", Email: &delivery.Email{Server: server, From: "keep@example.com", To: []string{"a@example.com", "b@example.com"}}}
}

func send(t *testing.T, roots *x509.CertPool, c delivery.Channel, secret string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return smtp.New(roots).Send(ctx, c, secret, message)
}

func TestMailArrivesWhole(t *testing.T) {
	server := smtptest.Start(t)
	if err := send(t, server.Roots, channel(server.Address), ""); err != nil {
		t.Fatal(err)
	}
	letters := server.Letters()
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	l := letters[0]
	header := l.Body.Header
	if l.From != "keep@example.com" || strings.Join(l.To, " ") != "a@example.com b@example.com" || header.Get("Message-Id") != "<d1@tenantkeep>" ||
		header.Get("Auto-Submitted") != "auto-generated" || !strings.Contains(header.Get("Subject"), "=?UTF-8?") || !strings.Contains(l.Text, "that ends") {
		t.Errorf("%s to %v: %v\n%s", l.From, l.To, header, l.Text)
	}
}

func TestSignIn(t *testing.T) {
	server := smtptest.Start(t)
	server.Ask("keeper", "hunter2")
	c := channel(server.Address)
	c.Email.Username = "keeper"
	if err := send(t, server.Roots, c, "hunter2"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if err := send(t, server.Roots, c, "wrong"); fault.ReasonOf(err) != "MAIL_SIGN_IN" || fault.Retryable(err) || fault.NextOf(err) == "" || strings.Contains(err.Error(), "wrong\"") {
		t.Errorf("a wrong password: %v", err)
	}
	if err := send(t, server.Roots, channel(server.Address), ""); fault.ReasonOf(err) != "MAIL_SIGN_IN" {
		t.Errorf("no sign-in: %v", err)
	}
	server.Refuse("EHLO", "250 smtptest") // no STARTTLS, no AUTH that is safe without it
	if err := send(t, server.Roots, c, "hunter2"); err == nil || len(server.Letters()) != 1 {
		t.Errorf("the password goes out in clear: %v", err)
	}
}

func TestRefusalsAreForGoodOrForNow(t *testing.T) {
	server := smtptest.Start(t)
	for answer, want := range map[string]string{"550 5.1.1 no such user": "MAIL_REFUSED", "451 4.7.1 greylisted": "MAIL_DEFERRED", "452 full": "MAIL_DEFERRED"} {
		server.Refuse("RCPT", answer)
		err := send(t, server.Roots, channel(server.Address), "")
		if fault.ReasonOf(err) != want || fault.Retryable(err) != (want == "MAIL_DEFERRED") || fault.NextOf(err) == "" {
			t.Errorf("%s: %s: %v", answer, fault.ReasonOf(err), err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(t, server.Roots, channel(closed), ""); fault.ReasonOf(err) != "SERVER_UNREACHABLE" || !fault.Retryable(err) {
		t.Errorf("nobody there: %v", err)
	}
}
