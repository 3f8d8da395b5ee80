package sealed

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Secrets implements connection.Secrets.
type Secrets struct {
	bucket jetstream.KeyValue
	box    *seal.Box
}

var _ connection.Secrets = (*Secrets)(nil)

const prefix = "credential."

// Open returns the credentials in the bucket that bus.Bootstrap has made.
func Open(ctx context.Context, js jetstream.JetStream, ring *seal.Ring) (*Secrets, error) {
	bucket, err := js.KeyValue(ctx, bus.BucketSealed)
	if err != nil {
		return nil, fault.As(fault.Precondition, "open bucket "+bus.BucketSealed, err,
			fault.Next("check that the nats-server runs and that auth-broker may use the bucket"))
	}
	return &Secrets{bucket: bucket, box: ring.For("credentials")}, nil
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
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	ref := hex.EncodeToString(random[:])
	_, err = s.bucket.Create(ctx, key(id, ref), s.box.Seal(plain, []byte(key(id, ref))))
	return ref, transient("keep credential", err)
}

// Read implements connection.Secrets.
func (s *Secrets) Read(ctx context.Context, id m365.ConnectionID, ref string) (connection.Credential, error) {
	entry, err := s.bucket.Get(ctx, key(id, ref))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return connection.Credential{}, fault.As(fault.Precondition, "read credential", err, fault.Reason("CREDENTIAL_LOST"),
			fault.Next("give the connection its secret or certificate again: connection modify"))
	}
	if err != nil {
		return connection.Credential{}, transient("read credential", err)
	}
	plain, err := s.box.Open(entry.Value(), []byte(entry.Key()))
	if err != nil {
		return connection.Credential{}, fault.As(fault.Precondition, "read credential", err)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return connection.Credential{}, fault.As(fault.Internal, "read credential", errors.New("what was sealed is no credential"))
	}
	return connection.Credential{Secret: c.Secret, PEM: c.PEM}, nil
}

// Forget implements connection.Secrets. The bucket keeps one version, so nothing of it stays.
func (s *Secrets) Forget(ctx context.Context, id m365.ConnectionID, ref string) error {
	return transient("forget credential", s.bucket.Purge(ctx, key(id, ref)))
}

// Kept implements connection.Secrets.
func (s *Secrets) Kept(ctx context.Context) ([]connection.Kept, error) {
	keys, err := s.bucket.ListKeysFiltered(ctx, prefix+">")
	if err != nil {
		return nil, transient("list credentials", err)
	}
	defer func() { _ = keys.Stop() }()
	var kept []connection.Kept
	for name := range keys.Keys() {
		entry, err := s.bucket.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return nil, transient("list credentials", err)
		}
		id, ref, _ := strings.Cut(strings.TrimPrefix(name, prefix), ".")
		kept = append(kept, connection.Kept{Connection: m365.ConnectionID(id), Ref: ref, Since: entry.Created()})
	}
	return kept, nil
}

func key(id m365.ConnectionID, ref string) string { return prefix + string(id) + "." + ref }

func transient(op string, err error) error {
	return fault.As(fault.Transient, op, err, fault.Next("check that the nats-server runs and try again"))
}
