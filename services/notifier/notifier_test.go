package notifier

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/smtp/smtptest"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/webhook"
)

// receiver is a webhook that keeps what it was sent and answers as told.
type receiver struct {
	URL string

	mu     sync.Mutex
	answer int
	posts  []post
}

type post struct {
	id, timestamp, signature string
	body                     []byte
}

func listen(t *testing.T) *receiver {
	r := &receiver{answer: http.StatusNoContent}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	h := request.Header
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = append(r.posts, post{h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature"), body})
	w.WriteHeader(r.answer)
}

func (r *receiver) set(answer int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) all() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.posts...)
}

func TestWebhookIsToldOnceAndSigned(t *testing.T) {
	p := newPlace(t)
	r, hook := p.start(), listen(t)
	name, secret := r.webhook(p, hook.URL, "connection-degraded")
	p.happen("c1")
	d := r.delivered(p, 1)[0]
	if d.GetState() != notifyv1.DeliveryState_DELIVERY_STATE_SUCCEEDED || d.GetChannel() != name || d.GetEvent() != "connection-degraded" || d.GetAttempts() != 1 || d.GetEndTime() == nil {
		t.Errorf("%v", d)
	}
	posts := hook.all()
	if len(posts) != 1 {
		t.Fatalf("%d posts", len(posts))
	}
	got := posts[0]
	want, err := webhook.Sign(secret, got.id, got.timestamp, got.body)
	p.must(err)
	var body struct {
		Type, Subject, Connection string
		EventID                   string `json:"event_id"`
		Data                      struct{ DisplayName string }
	}
	p.must(json.Unmarshal(got.body, &body))
	if got.signature != want || "deliveries/"+got.id != d.GetName() || body.Type != "tenantkeep.connection-degraded.v1" || body.Subject != "connections/c1" ||
		body.Connection != "connections/c1" || body.Data.DisplayName != "Contoso" || body.EventID != d.GetEventId() {
		t.Errorf("%s %s", got.id, got.body)
	}
}

func TestMailIsSent(t *testing.T) {
	p := newPlace(t)
	r, server := p.start(), smtptest.Start(t)
	server.Refuse("EHLO", "250 smtptest") // its certificate is nobody's
	made, err := r.channels.CreateChannel(p.context(), &notifyv1.CreateChannelRequest{Channel: &notifyv1.Channel{Kind: &notifyv1.Channel_Email{
		Email: &notifyv1.Email{Server: server.Address, From: "keep@example.com", To: []string{"admin@example.com"}}}}})
	p.must(err)
	r.rule(p, made.GetChannel().GetName(), "*")
	p.happen("c1")
	r.delivered(p, 1)
	letters := server.Letters()
	if len(letters) != 1 || letters[0].To[0] != "admin@example.com" || !strings.Contains(letters[0].Body.Header.Get("Subject"), "connection-degraded") || !strings.Contains(letters[0].Text, "the secret is wrong") {
		t.Errorf("%v", letters)
	}
	server.Refuse("RCPT", "550 no such user")
	p.happen("c2")
	if d := r.delivered(p, 2)[0]; d.GetState() != notifyv1.DeliveryState_DELIVERY_STATE_FAILED || d.GetProblem().GetReason() != "MAIL_REFUSED" || d.GetProblem().GetNext() == "" {
		t.Errorf("%v", d)
	}
}

// TestFactsOfATimeAwayAreDelivered stops the service while facts happen and while a receiver is down.
func TestFactsOfATimeAwayAreDelivered(t *testing.T) {
	p := newPlace(t)
	r, hook := p.start(), listen(t)
	r.webhook(p, hook.URL, "connection-degraded")
	r.stop()
	for i := range 5 {
		p.happen(fmt.Sprint("away", i))
	}
	p.nats.Restart()
	one, two := p.start(), p.start() // two processes share the work
	one.delivered(p, 5)
	ids := map[string]int{}
	for _, post := range hook.all() {
		ids[post.id]++
	}
	if len(ids) != 5 || len(hook.all()) != 5 {
		t.Errorf("%v", ids)
	}
	hook.set(http.StatusServiceUnavailable)
	p.happen("later")
	awaitPosts(t, hook, 6)
	one.stop()
	hook.set(http.StatusNoContent)
	d := two.delivered(p, 6)[0] // five seconds after the first try
	posts := hook.all()
	if d.GetAttempts() != 2 || d.GetState() != notifyv1.DeliveryState_DELIVERY_STATE_SUCCEEDED || posts[5].id != posts[6].id || len(posts) != 7 {
		t.Errorf("%v, %d posts", d, len(posts))
	}
}

func TestRulesChoose(t *testing.T) {
	p := newPlace(t)
	r, all, one, other := p.start(), listen(t), listen(t), listen(t)
	r.webhook(p, all.URL, "*")
	name, _ := r.webhook(p, other.URL, "backup-failed")
	made, err := r.channels.CreateChannel(p.context(), &notifyv1.CreateChannelRequest{Channel: &notifyv1.Channel{Kind: &notifyv1.Channel_Webhook{Webhook: &notifyv1.Webhook{Url: one.URL}}}})
	p.must(err)
	_, err = r.rules.CreateRule(p.context(), &notifyv1.CreateRuleRequest{Rule: &notifyv1.Rule{Channel: made.GetChannel().GetName(), Events: []string{"connection-degraded"}, Connection: "connections/c2"}})
	p.must(err)
	p.happen("c1")
	p.happen("c2")
	// "*" is also told of the channels and rules that were made after its own rule: two channels, two rules.
	r.delivered(p, 7)
	if len(all.all()) != 6 || len(one.all()) != 1 || len(other.all()) != 0 {
		t.Errorf("all %d, one %d, other %d", len(all.all()), len(one.all()), len(other.all()))
	}
	if _, err := r.channels.DeleteChannel(p.context(), &notifyv1.DeleteChannelRequest{Name: name}); fault.ReasonOf(err) != "CHANNEL_IN_USE" {
		t.Errorf("%v", err)
	}
	list, err := r.rules.ListRules(p.context(), &notifyv1.ListRulesRequest{PageSize: 2})
	p.must(err)
	rest, err := r.rules.ListRules(p.context(), &notifyv1.ListRulesRequest{PageSize: 2, PageToken: list.GetNextPageToken()})
	p.must(err)
	if len(list.GetRules()) != 2 || len(rest.GetRules()) != 1 || rest.GetNextPageToken() != "" {
		t.Errorf("%v, %v", list, rest)
	}
	for _, rule := range append(list.GetRules(), rest.GetRules()...) {
		_, err := r.rules.DeleteRule(p.context(), &notifyv1.DeleteRuleRequest{Name: rule.GetName()})
		p.must(err)
	}
	_, err = r.channels.DeleteChannel(p.context(), &notifyv1.DeleteChannelRequest{Name: name})
	p.must(err)
}

func TestChannelsAreCheckedAndTried(t *testing.T) {
	p := newPlace(t)
	r, hook := p.start(), listen(t)
	hookTo := func(url string) *notifyv1.Channel {
		return &notifyv1.Channel{Kind: &notifyv1.Channel_Webhook{Webhook: &notifyv1.Webhook{Url: url}}}
	}
	mailTo := func(server, from string, to ...string) *notifyv1.Channel {
		return &notifyv1.Channel{Kind: &notifyv1.Channel_Email{Email: &notifyv1.Email{Server: server, From: from, To: to}}}
	}
	for want, request := range map[string]*notifyv1.CreateChannelRequest{
		"CHANNEL_KIND":      {Channel: &notifyv1.Channel{}},
		"URL_MALFORMED":     {Channel: hookTo("ftp://x")},
		"URL_SECRET":        {Channel: hookTo("https://user:pass@x")},
		"SECRET_MALFORMED":  {Channel: hookTo("https://x"), Secret: "short"},
		"SERVER_MALFORMED":  {Channel: mailTo("smtp.example.com", "a@x.example", "b@x.example")},
		"RECIPIENT_MISSING": {Channel: mailTo("smtp.example.com:25", "a@x.example")},
		"ADDRESS_MALFORMED": {Channel: mailTo("smtp.example.com:25", "a@x.example", "nobody")},
	} {
		if _, err := r.channels.CreateChannel(p.context(), request); fault.ReasonOf(err) != want || fault.NextOf(err) == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
	name, _ := r.webhook(p, hook.URL, "backup-failed")
	for want, rule := range map[string]*notifyv1.Rule{
		"EVENTS_MISSING": {Channel: name}, "EVENT_MALFORMED": {Channel: name, Events: []string{"Backup"}}, "NAME_MALFORMED": {Channel: "x", Events: []string{"*"}},
		"EVENT_UNKNOWN": {Channel: name, Events: []string{"backup-fialed"}}, "EVENT_OF_DELIVERY": {Channel: name, Events: []string{"delivery-failed"}}, "CHANNEL_UNKNOWN": {Channel: "channels/none", Events: []string{"*"}},
	} {
		if _, err := r.rules.CreateRule(p.context(), &notifyv1.CreateRuleRequest{Rule: rule}); fault.ReasonOf(err) != want || fault.NextOf(err) == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
	tried, err := r.channels.TestChannel(p.context(), &notifyv1.TestChannelRequest{Name: name})
	p.must(err)
	hook.set(http.StatusTeapot)
	failed, err := r.channels.TestChannel(p.context(), &notifyv1.TestChannelRequest{Name: name})
	p.must(err)
	if tried.GetDelivery().GetState() != notifyv1.DeliveryState_DELIVERY_STATE_SUCCEEDED || failed.GetDelivery().GetState() != notifyv1.DeliveryState_DELIVERY_STATE_FAILED || failed.GetDelivery().GetProblem().GetNext() == "" {
		t.Errorf("%v, %v", tried, failed)
	}
}

func TestWatchReplaysAndGoesOn(t *testing.T) {
	p := newPlace(t)
	r := p.start()
	began := timestamppb.Now()
	p.happen("c1")
	stream, err := r.events.WatchEvents(p.context(), &notifyv1.WatchEventsRequest{StartTime: began, Events: []string{"connection-degraded"}})
	p.must(err)
	first, err := stream.Recv()
	p.must(err)
	name := first.GetEntity().GetFields()["displayName"].GetStringValue()
	if first.GetSubject() != "connections/c1" || first.GetEvent() != "connection-degraded" || first.GetSchema() != "tenantkeep.auth.v1.Connection" || name != "Contoso" || first.GetId() == "" {
		t.Errorf("%v", first)
	}
	p.happen("c2")
	second, err := stream.Recv()
	p.must(err)
	again, err := r.events.WatchEvents(p.context(), &notifyv1.WatchEventsRequest{AfterCursor: first.GetCursor(), Connection: "connections/c2"})
	p.must(err)
	replayed, err := again.Recv()
	p.must(err)
	if diff := cmp.Diff(second.GetId(), replayed.GetId()); diff != "" {
		t.Error(diff)
	}
	live, err := r.events.WatchEvents(p.context(), &notifyv1.WatchEventsRequest{})
	p.must(err)
	_, err = live.Header() // from here on nothing is missed
	p.must(err)
	p.happen("c3")
	third, err := live.Recv()
	p.must(err)
	if third.GetSubject() != "connections/c3" {
		t.Errorf("%v", third)
	}
	unknown, err := r.events.WatchEvents(p.context(), &notifyv1.WatchEventsRequest{Events: []string{"connection-degarded"}})
	p.must(err)
	if _, err := unknown.Recv(); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.NextOf(err), "connection-degraded") {
		t.Errorf("an event that there is not: %v, next %q", err, fault.NextOf(err))
	}
	r.stop()
	if _, err := live.Recv(); fault.ReasonOf(err) != "SERVICE_ENDING" && !fault.Is(err, fault.Transient) {
		t.Errorf("the end of the service: %v", err)
	}
}

func TestTwinIsTheSameAsJSON(t *testing.T) {
	p := newPlace(t)
	p.start()
	p.happen("c1")
	ctx := p.context()
	stream, err := p.nats.Connect().Stream(ctx, bus.StreamEventsJSON)
	p.must(err)
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	p.must(err)
	m, err := consumer.Next(jetstream.FetchMaxWait(patience))
	p.must(err)
	var entity struct{ Name, DisplayName string }
	p.must(json.Unmarshal(m.Data(), &entity))
	header := func(name string) string { return bus.Header(m.Headers(), name) }
	if m.Subject() != "tenantkeep.v1.json.c1.connection.connection-degraded.c1" || entity.DisplayName != "Contoso" || header(bus.HeaderContentType) != bus.ContentJSON ||
		header(bus.HeaderType) != "tenantkeep.connection-degraded.v1" || header(bus.HeaderID) == "" || header(bus.HeaderID) != m.Headers().Get(jetstream.MsgIDHeader) {
		t.Errorf("%s %v %s", m.Subject(), m.Headers(), m.Data())
	}
}
