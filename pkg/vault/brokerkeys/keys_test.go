package brokerkeys

import (
	"bytes"
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// store has one unit, u1, whose key has a version 1.
type store struct {
	authv1.UnimplementedKeyServiceServer
	secret []byte
}

func (s *store) CreateUnitKey(_ context.Context, request *authv1.CreateUnitKeyRequest) (*authv1.CreateUnitKeyResponse, error) {
	if request.GetConnection() != "connections/c1" {
		return nil, rpc.ToStatus(fault.New(fault.Permission, "", "not yours")).Err()
	}
	return &authv1.CreateUnitKeyResponse{Version: 1, Key: s.secret}, nil
}

func (s *store) OpenUnitKey(_ context.Context, request *authv1.OpenUnitKeyRequest) (*authv1.OpenUnitKeyResponse, error) {
	if request.GetUnit() != "u1" || request.GetVersion() != 1 {
		return nil, rpc.ToStatus(fault.New(fault.NotFound, "", "no such version")).Err()
	}
	return &authv1.OpenUnitKeyResponse{Key: s.secret}, nil
}

func dial(t *testing.T, s *store) *grpc.ClientConn {
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	authv1.RegisterKeyServiceServer(server, s)
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return rpc.FromStatus(method, call(ctx, method, request, reply, c, options...))
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(); server.Stop(); <-served })
	return connection
}

func TestKeys(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 64)
	broker := dial(t, &store{secret: secret})
	keys := New(broker, "c1")

	key, err := keys.Create(t.Context(), "u1")
	if err != nil || key.Version != 1 || !bytes.Equal(key.Secret, secret) {
		t.Errorf("created %d, %v", key.Version, err)
	}
	if key, err = keys.Open(t.Context(), "u1", 1); err != nil || key.Version != 1 || !bytes.Equal(key.Secret, secret) {
		t.Errorf("opened %d, %v", key.Version, err)
	}
	if _, err := keys.Open(t.Context(), "u1", 2); !fault.Is(err, fault.NotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
	if _, err := New(broker, "c2").Create(t.Context(), "u1"); !fault.Is(err, fault.Permission) {
		t.Errorf("another connection: %v", err)
	}
}

func TestKeyOfWrongLength(t *testing.T) {
	keys := New(dial(t, &store{secret: []byte("short")}), "c1")
	if _, err := keys.Create(t.Context(), "u1"); !fault.Is(err, fault.Internal) {
		t.Errorf("a short key was accepted: %v", err)
	}
}
