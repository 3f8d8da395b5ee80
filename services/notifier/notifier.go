package notifier

import (
	"context"
	"path/filepath"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/api"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/facts"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/inbox"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/sealed"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/smtp"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/twin"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/webhook"
)

// Service is notifier. Make it with [New].
type Service struct {
	host    *host.Host
	secrets *sealed.Secrets
	store   *outbox.Store
	office  *delivery.Office
	agenda  *delivery.Agenda
	webhook *webhook.Sender

	stopping chan struct{} // closed when Run is told to end
}

// lease is how long one try may take: a mail server answers several times. A process that dies while it
// sends delays the next try by so much.
const lease = 2 * max(smtp.Timeout, webhook.Timeout)

// New builds the service on its host.
func New(ctx context.Context, h *host.Host) (*Service, error) {
	ring, err := seal.Open(filepath.Join(h.Config.DataDir, "seal.key"))
	if err != nil {
		return nil, err
	}
	secrets, err := sealed.Open(ctx, h.Bus, ring)
	if err != nil {
		return nil, err
	}
	s := &Service{host: h, secrets: secrets, agenda: delivery.NewAgenda(h.Log, time.Now), webhook: webhook.New(time.Now), stopping: make(chan struct{})}
	s.store = outbox.New(h.State, s.agenda.Note, s.agenda.Forget)
	s.office = &delivery.Office{
		Store: s.store, Facts: facts.NewReader(h.Bus), Secrets: secrets, Email: smtp.New(nil), Webhook: s.webhook, Lease: lease, Now: time.Now,
	}
	return s, nil
}

// Register adds the gRPC services.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	notifyv1.RegisterChannelServiceServer(registrar, &api.Channels{Store: s.store, Secrets: s.secrets, Office: s.office})
	notifyv1.RegisterRuleServiceServer(registrar, &api.Rules{Store: s.store})
	notifyv1.RegisterDeliveryServiceServer(registrar, &api.Deliveries{Store: s.store})
	notifyv1.RegisterEventServiceServer(registrar, &api.Events{Bus: s.host.Bus, Stopping: s.stopping})
}

// Run works until ctx ends. It can be called once.
func (s *Service) Run(ctx context.Context) error {
	defer s.webhook.Close()
	stop := context.AfterFunc(ctx, func() { close(s.stopping) })
	defer stop()
	return lifecycle.Run(ctx,
		lifecycle.Part{Name: "state", Run: s.store.Run},
		lifecycle.Part{Name: "deliveries", Run: func(ctx context.Context) error { return s.agenda.Run(ctx, s.office.Attempt) }},
		lifecycle.Part{Name: "inbox", Run: func(ctx context.Context) error { return inbox.Run(ctx, s.host.Bus, s.host.Log, s.office) }},
		lifecycle.Part{Name: "JSON twin", Run: func(ctx context.Context) error { return twin.Run(ctx, s.host.Bus, s.host.Log) }},
		lifecycle.Part{Name: "sweep", Run: s.sweep},
	)
}

// sweepEvery is how often secrets are looked for whose channel was never made, or is gone.
const sweepEvery = 10 * time.Minute

func (s *Service) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		err := s.secrets.Sweep(ctx, time.Now(), func(ctx context.Context, channel string) error {
			_, err := s.store.Channel(ctx, channel)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.host.Log.Warn("sweep secrets", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
