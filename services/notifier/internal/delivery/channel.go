package delivery

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Channel is a way to reach somebody: exactly one of Email and Webhook.
type Channel struct {
	ID       string
	Revision int64
	Name     string
	Email    *Email
	Webhook  *Webhook
}

// Email sends mail over SMTP.
type Email struct {
	Server   string // host:port
	From     string
	To       []string
	Username string // empty for a server that asks for no sign-in
}

// Webhook posts to a URL.
type Webhook struct{ URL string }

// Check refuses a channel that can never work.
func (c Channel) Check() error {
	switch {
	case c.Email != nil && c.Webhook != nil || c.Email == nil && c.Webhook == nil:
		return invalid("CHANNEL_KIND", "a channel is either e-mail or a webhook", "give one of the two")
	case len(c.Name) > maxName:
		return invalid("NAME_LONG", fmt.Sprintf("the display name has %d bytes", len(c.Name)), "use at most 200")
	case c.Email != nil:
		return c.Email.check()
	default:
		return c.Webhook.check()
	}
}

const maxName = 200

func (e Email) check() error {
	if host, port, err := net.SplitHostPort(e.Server); err != nil || host == "" || port == "" {
		return invalid("SERVER_MALFORMED", fmt.Sprintf("%q is no mail server", e.Server), "give it as host:port, such as smtp.example.com:587")
	}
	if len(e.To) == 0 {
		return invalid("RECIPIENT_MISSING", "nobody is to get the mail", "give at least one address")
	}
	for _, address := range append([]string{e.From}, e.To...) {
		if _, err := mail.ParseAddress(address); err != nil {
			return invalid("ADDRESS_MALFORMED", fmt.Sprintf("%q is no mail address", address), "give addresses such as admin@example.com")
		}
	}
	return nil
}

func (w Webhook) check() error {
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return invalid("URL_MALFORMED", fmt.Sprintf("%q is no address of a webhook", w.URL), "give an http or https URL")
	}
	if u.User != nil {
		return invalid("URL_SECRET", "the URL holds a user name or password, which everybody who lists channels would see", "leave it out; receivers check the signature")
	}
	return nil
}

// Rule chooses the facts that a channel is told of.
type Rule struct {
	ID         string
	Revision   int64
	Channel    string
	Events     []string  // "*" for all
	Connection string    // empty for those of all connections
	Since      time.Time // when the rule was made: it is about what happens from then on
}

// Check refuses a rule that can never apply.
func (r Rule) Check() error {
	if len(r.Events) == 0 {
		return invalid("EVENTS_MISSING", "the rule chooses no event", "name events such as backup-failed, or * for all")
	}
	for _, event := range r.Events {
		if event == AllEvents {
			continue
		}
		if strings.ContainsFunc(event, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') }) || !strings.Contains(event, "-") {
			return invalid("EVENT_MALFORMED", fmt.Sprintf("%q is no event", event), "name events such as backup-failed; event watch shows them")
		}
		if strings.HasPrefix(event, "delivery-") {
			return invalid("EVENT_OF_DELIVERY", "a notice about notices would never end", "look at the deliveries instead")
		}
		if err := CheckEvents([]string{event}); err != nil {
			return err
		}
	}
	return nil
}

// AllEvents in a rule stands for every event but those of deliveries.
const AllEvents = "*"

func invalid(reason, cause, next string) error {
	return fault.New(fault.Invalid, "check", cause, fault.Reason(reason), fault.Next(next))
}
