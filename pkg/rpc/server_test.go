package rpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
)

const (
	token    = "tk_test"
	patience = 10 * time.Second
)

// connections answers as the test says.
type connections struct {
	authv1.UnimplementedConnectionServiceServer
	answer func(ctx context.Context) error
}

func (c *connections) CreateConnection(ctx context.Context, _ *authv1.CreateConnectionRequest) (*authv1.CreateConnectionResponse, error) {
	return &authv1.CreateConnectionResponse{}, c.answer(ctx)
}

func (c *connections) DeleteConnection(ctx context.Context, _ *authv1.DeleteConnectionRequest) (*authv1.DeleteConnectionResponse, error) {
	return &authv1.DeleteConnectionResponse{}, c.answer(ctx)
}

func (c *connections) GetConnection(ctx context.Context, _ *authv1.GetConnectionRequest) (*authv1.GetConnectionResponse, error) {
	return &authv1.GetConnectionResponse{}, c.answer(ctx)
}

type tokens struct {
	authv1.UnimplementedTokenServiceServer
}

func (tokens) GetToken(ctx context.Context, _ *authv1.GetTokenRequest) (*authv1.GetTokenResponse, error) {
	return &authv1.GetTokenResponse{AccessToken: identity.CallerOf(ctx).String()}, nil
}

type events struct {
	notifyv1.UnimplementedEventServiceServer
	answer func(ctx context.Context) error
}

func (e *events) WatchEvents(_ *notifyv1.WatchEventsRequest, stream grpc.ServerStreamingServer[notifyv1.WatchEventsResponse]) error {
	if err := stream.Send(&notifyv1.WatchEventsResponse{Event: identity.CallerOf(stream.Context()).String()}); err != nil {
		return err
	}
	return e.answer(stream.Context())
}

// trail keeps audit records in memory, or fails.
type trail struct {
	mu      sync.Mutex
	records []identity.Record
	err     error
}

func (t *trail) Append(_ context.Context, record identity.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = append(t.records, record)
	return t.err
}

func (t *trail) all() []identity.Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.records
}

type fixture struct {
	t       *testing.T
	dir     string
	address string
	trail   *trail
	answer  func(ctx context.Context) error
	ready   func(ctx context.Context) error
}

func serve(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: filepath.Join(t.TempDir(), "pki"), trail: &trail{}}
	f.answer = func(context.Context) error { return nil }
	f.ready = f.answer
	if err := pki.Ensure(f.dir); err != nil {
		t.Fatal(err)
	}
	config, err := pki.Server(f.dir, identity.AuthBroker)
	if err != nil {
		t.Fatal(err)
	}
	server := rpc.NewServer(rpc.Config{TLS: config, Tokens: identity.NewTokens(token), Trail: f.trail, Log: slog.New(slog.DiscardHandler)})
	answer := func(ctx context.Context) error { return f.answer(ctx) }
	registrar := rpc.After(func(ctx context.Context) error { return f.ready(ctx) }, server)
	authv1.RegisterConnectionServiceServer(registrar, &connections{answer: answer})
	authv1.RegisterTokenServiceServer(registrar, tokens{})
	notifyv1.RegisterEventServiceServer(registrar, &events{answer: answer})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server.Ready()
	go func() { done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) context() context.Context {
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	f.t.Cleanup(cancel)
	return ctx
}

// dial connects with a token, or as a service of an authority, or as neither.
func (f *fixture) dial(token string, service identity.Service, authority string) *grpc.ClientConn {
	f.t.Helper()
	config, err := pki.Trust(filepath.Join(f.dir, "ca.pem"))
	if err != nil {
		f.t.Fatal(err)
	}
	if service != "" {
		mine, err := pki.Client(authority, service)
		if err != nil {
			f.t.Fatal(err)
		}
		config.GetClientCertificate = mine.GetClientCertificate
	}
	return f.connect(config, token)
}

func (f *fixture) connect(config *tls.Config, token string) *grpc.ClientConn {
	f.t.Helper()
	conn, err := rpc.Dial(f.address, config, token)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (f *fixture) admin() authv1.ConnectionServiceClient {
	return authv1.NewConnectionServiceClient(f.dial(token, "", ""))
}

func create(f *fixture, client authv1.ConnectionServiceClient) error {
	_, err := client.CreateConnection(f.context(), &authv1.CreateConnectionRequest{})
	return err
}

func TestCallersAreEstablishedByTokenOrCertificate(t *testing.T) {
	f := serve(t)
	getToken := func(conn *grpc.ClientConn) (string, error) {
		reply, err := authv1.NewTokenServiceClient(conn).GetToken(f.context(), &authv1.GetTokenRequest{})
		return reply.GetAccessToken(), err
	}
	if err := create(f, f.admin()); err != nil {
		t.Errorf("the administrator: %v", err)
	}
	if who, err := getToken(f.dial("", identity.BackupWorker, f.dir)); err != nil || who != "service:backup-worker" {
		t.Errorf("a worker: %q, %v", who, err)
	}
	if _, err := getToken(f.dial("", identity.Notifier, f.dir)); !fault.Is(err, fault.Permission) {
		t.Errorf("the wrong service: %v", err)
	}
	if _, err := getToken(f.dial(token, identity.BackupWorker, f.dir)); !fault.Is(err, fault.Permission) {
		t.Errorf("a person with a service's certificate is a person: %v", err)
	}
	if _, err := getToken(f.dial("", "", "")); !fault.Is(err, fault.Unauthentic) || fault.NextOf(err) == "" {
		t.Errorf("nobody: %v", err)
	}
	if err := create(f, authv1.NewConnectionServiceClient(f.dial("tk_wrong", "", ""))); !fault.Is(err, fault.Unauthentic) || fault.ReasonOf(err) != "TOKEN_UNKNOWN" {
		t.Errorf("a wrong token: %v", err)
	}
	foreign := filepath.Join(t.TempDir(), "foreign")
	if err := pki.Ensure(foreign); err != nil {
		t.Fatal(err)
	}
	if who, err := getToken(f.dial("", identity.BackupWorker, foreign)); err == nil {
		t.Errorf("a certificate of a foreign authority: %q", who)
	}
}

func TestStreamsPassTheSameChain(t *testing.T) {
	f := serve(t)
	f.answer = func(context.Context) error {
		return fault.New(fault.Throttled, "watch", "slow down", fault.After(time.Second), fault.Next("wait"))
	}
	stream, err := notifyv1.NewEventServiceClient(f.dial(token, "", "")).WatchEvents(f.context(), &notifyv1.WatchEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if first, err := stream.Recv(); err != nil || first.GetEvent() != "person:admin" {
		t.Errorf("%v, %v", first, err)
	}
	if _, err := stream.Recv(); !fault.Is(err, fault.Throttled) || fault.RetryAfterOf(err) != time.Second || fault.NextOf(err) != "wait" {
		t.Errorf("%v", err)
	}
	f.answer = func(context.Context) error { return nil }
	stream, err = notifyv1.NewEventServiceClient(f.dial(token, "", "")).WatchEvents(f.context(), &notifyv1.WatchEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = stream.Recv()
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the end of a stream: %v", err)
	}
	refused, err := notifyv1.NewEventServiceClient(f.dial("", "", "")).WatchEvents(f.context(), &notifyv1.WatchEventsRequest{})
	if err == nil {
		_, err = refused.Recv()
	}
	if !fault.Is(err, fault.Unauthentic) {
		t.Errorf("nobody watches: %v", err)
	}
}

func TestOnePanicCostsOneCall(t *testing.T) {
	f := serve(t)
	f.answer = func(context.Context) error { panic("password is hunter2") }
	if err := create(f, f.admin()); !fault.Is(err, fault.Internal) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	f.answer = func(context.Context) error { return nil }
	if err := create(f, f.admin()); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestEveryCallHasADeadline(t *testing.T) {
	f := serve(t)
	var bounded bool
	f.answer = func(ctx context.Context) error { _, bounded = ctx.Deadline(); return nil }
	if _, err := f.admin().CreateConnection(t.Context(), &authv1.CreateConnectionRequest{}); err != nil || !bounded {
		t.Errorf("bounded %v, %v", bounded, err)
	}
	f.answer = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.admin().CreateConnection(ctx, &authv1.CreateConnectionRequest{}); !fault.Is(err, fault.Transient) {
		t.Errorf("a deadline that passes: %v", err)
	}
}

func TestCommandsAreAudited(t *testing.T) {
	f := serve(t)
	client := f.admin()
	call := func(name string) error {
		_, err := client.DeleteConnection(f.context(), &authv1.DeleteConnectionRequest{Name: name})
		return err
	}
	if err := call("connections/a"); err != nil {
		t.Fatal(err)
	}
	f.answer = func(context.Context) error { return fault.New(fault.NotFound, "delete", "not there") }
	_ = call("connections/b")
	_, _ = client.GetConnection(f.context(), &authv1.GetConnectionRequest{Name: "connections/c"})
	_, _ = authv1.NewConnectionServiceClient(f.dial("", "", "")).DeleteConnection(f.context(), &authv1.DeleteConnectionRequest{Name: "connections/d"})
	var got []string
	for _, r := range f.trail.all() {
		if r.Peer == "" || r.Time.IsZero() {
			t.Errorf("%+v", r)
		}
		got = append(got, strings.Join([]string{r.Actor, r.Method, r.Target, r.Outcome}, " "))
	}
	const method = " tenantkeep.auth.v1.ConnectionService/DeleteConnection "
	want := []string{"person:admin" + method + "connections/a OK", "person:admin" + method + "connections/b NotFound", method + "connections/d Unauthenticated"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
	f.answer = func(context.Context) error { return nil }
	f.trail.mu.Lock()
	f.trail.err = errors.New("no server")
	f.trail.mu.Unlock()
	if err := call("connections/e"); !fault.Is(err, fault.Transient) || fault.NextOf(err) == "" {
		t.Errorf("a command whose record was lost: %v", err)
	}
}

func TestHealthNeedsNoCaller(t *testing.T) {
	f := serve(t)
	reply, err := healthpb.NewHealthClient(f.dial("", "", "")).Check(f.context(), &healthpb.HealthCheckRequest{Service: "tenantkeep.auth.v1.TokenService"})
	if err != nil || reply.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("%v, %v", reply, err)
	}
}

func TestOnlyWhatMayBeRepeatedIsRepeated(t *testing.T) {
	f := serve(t)
	var calls int
	f.answer = func(context.Context) error {
		if calls++; calls < 3 {
			return fault.New(fault.Transient, "answer", "starting")
		}
		return nil
	}
	client := f.admin()
	if _, err := client.GetConnection(f.context(), &authv1.GetConnectionRequest{}); err != nil || calls != 3 {
		t.Errorf("reading: %d calls, %v", calls, err)
	}
	calls = 0
	if err := create(f, client); !fault.Is(err, fault.Transient) || calls != 1 {
		t.Errorf("a command: %d calls, %v", calls, err)
	}
}
