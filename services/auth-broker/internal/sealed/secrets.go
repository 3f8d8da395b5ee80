package sealed

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/pkg/seal/drawer"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Secrets implements connection.Secrets.
type Secrets struct{ drawer *drawer.Drawer }

var _ connection.Secrets = (*Secrets)(nil)

// Open returns the credentials in the bucket that bus.Bootstrap has made.
func Open(ctx context.Context, js jetstream.JetStream, ring *seal.Ring) (*Secrets, error) {
	d, err := drawer.Open(ctx, js, bus.BucketSealed, "credentials", ring)
	return &Secrets{d}, err
}

type content struct {
	Secret string `json:"secret,omitempty"`
	PEM    []byte `json:"pem,omitempty"`
}

// Keep implements connection.Secrets.
func (s *Secrets) Keep(ctx context.Context, id m365.ConnectionID, credential connection.Credential) (string, error) {
	plain, err := json.Marshal(content{Secret: credential.Secret, PEM: credential.PEM})
	if err != nil {
		return "", fault.As(fault.Internal, "seal credential", err)
	}
	return s.drawer.Put(ctx, string(id), plain)
}

// Read implements connection.Secrets.
func (s *Secrets) Read(ctx context.Context, id m365.ConnectionID, ref string) (connection.Credential, error) {
	plain, err := s.drawer.Get(ctx, string(id), ref)
	if err != nil {
		return connection.Credential{}, fault.Wrap("read credential", err)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return connection.Credential{}, fault.As(fault.Internal, "read credential", errors.New("what was sealed is no credential"))
	}
	return connection.Credential{Secret: c.Secret, PEM: c.PEM}, nil
}

// Forget implements connection.Secrets.
func (s *Secrets) Forget(ctx context.Context, id m365.ConnectionID, ref string) error {
	return s.drawer.Forget(ctx, string(id), ref)
}

// Kept implements connection.Secrets.
func (s *Secrets) Kept(ctx context.Context) ([]connection.Kept, error) {
	values, err := s.drawer.Kept(ctx)
	kept := make([]connection.Kept, len(values))
	for i, v := range values {
		kept[i] = connection.Kept{Connection: m365.ConnectionID(v.Owner), Ref: v.Ref, Since: v.Since}
	}
	return kept, err
}
