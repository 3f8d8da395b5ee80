package brokerkeys

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// Keys gives the keys of the units of one connection's vault.
type Keys struct {
	broker     authv1.KeyServiceClient
	connection string
}

var _ vault.Keys = (*Keys)(nil)

// New returns the keys of a connection, asked for at auth-broker.
func New(broker grpc.ClientConnInterface, connection m365.ConnectionID) *Keys {
	return &Keys{broker: authv1.NewKeyServiceClient(broker), connection: "connections/" + string(connection)}
}

// Create returns the newest key of the unit, and makes one if it has none.
func (k *Keys) Create(ctx context.Context, unit vault.UnitID) (vault.Key, error) {
	reply, err := k.broker.CreateUnitKey(ctx, &authv1.CreateUnitKeyRequest{Connection: k.connection, Unit: string(unit)})
	if err != nil {
		return vault.Key{}, fault.Wrap("create unit key", err)
	}
	return checked("create unit key", vault.Key{Version: reply.GetVersion(), Secret: reply.GetKey()})
}

// Open returns one version of a unit's key.
func (k *Keys) Open(ctx context.Context, unit vault.UnitID, version uint32) (vault.Key, error) {
	reply, err := k.broker.OpenUnitKey(ctx, &authv1.OpenUnitKeyRequest{Connection: k.connection, Unit: string(unit), Version: version})
	if err != nil {
		return vault.Key{}, fault.Wrap("open unit key", err)
	}
	return checked("open unit key", vault.Key{Version: version, Secret: reply.GetKey()})
}

// checked refuses what is no key before anything is sealed with it.
func checked(op string, key vault.Key) (vault.Key, error) {
	if key.Version == 0 || len(key.Secret) != vault.SecretSize {
		return vault.Key{}, fault.New(fault.Internal, op, fmt.Sprintf("auth-broker sent version %d of %d bytes", key.Version, len(key.Secret)))
	}
	return key, nil
}
