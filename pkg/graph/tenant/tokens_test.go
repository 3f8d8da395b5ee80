package tenant

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// broker numbers the tokens that it gives out.
type broker struct {
	authv1.UnimplementedTokenServiceServer
	life time.Duration
	gate chan struct{} // if not nil, each answer waits for it

	mu    sync.Mutex
	asked []*authv1.GetTokenRequest
}

func (b *broker) GetToken(_ context.Context, request *authv1.GetTokenRequest) (*authv1.GetTokenResponse, error) {
	if b.gate != nil {
		<-b.gate
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, request)
	return &authv1.GetTokenResponse{
		AccessToken: fmt.Sprintf("token %d %s", len(b.asked), request.GetClaims()),
		ExpireTime:  timestamppb.New(epoch.Add(b.life)),
	}, nil
}

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// serve returns a connection to the broker over a real network.
func serve(t *testing.T, b *broker) grpc.ClientConnInterface {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	authv1.RegisterTokenServiceServer(server, b)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return client
}

func tokensAt(t *testing.T, b *broker, now *time.Time) *Tokens {
	tokens := NewTokens(serve(t, b), "c1")
	tokens.now = func() time.Time { return *now }
	return tokens
}

func TestTokenIsKeptForAMinute(t *testing.T) {
	now := epoch
	tokens := tokensAt(t, &broker{life: time.Hour}, &now)
	for _, test := range []struct {
		after  time.Duration
		claims string
		want   string
	}{
		{0, "", "token 1 "},
		{59 * time.Second, "", "token 1 "},
		{60 * time.Second, "", "token 2 "},
		{61 * time.Second, "{}", "token 3 e30="},
		{62 * time.Second, "", "token 3 e30="},
		{122 * time.Second, "", "token 4 "},
	} {
		now = epoch.Add(test.after)
		got, expires, err := tokens.Token(t.Context(), test.claims)
		if err != nil || got != test.want || !expires.Equal(epoch.Add(time.Hour)) {
			t.Errorf("after %v: %q until %v, %v; want %q", test.after, got, expires, err, test.want)
		}
	}
}

func TestRefusedTokenIsAskedAwayOnce(t *testing.T) {
	now := epoch
	b := &broker{life: time.Hour}
	tokens := tokensAt(t, b, &now)
	refused, _, err := tokens.Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if got, _, err := tokens.Renew(t.Context(), refused); err != nil || got != "token 2 " {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	callers.Wait()
	digest := sha256.Sum256([]byte(refused))
	if len(b.asked) != 2 || !bytes.Equal(b.asked[1].GetRefusedSha256(), digest[:]) {
		t.Errorf("requests %v", b.asked)
	}
}

func TestTokenThatEndsSoonIsNotKeptLonger(t *testing.T) {
	now := epoch
	b := &broker{life: 45 * time.Second}
	tokens := tokensAt(t, b, &now)
	for _, after := range []time.Duration{0, 14 * time.Second, 15 * time.Second} {
		now = epoch.Add(after)
		if _, _, err := tokens.Token(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.asked) != 2 {
		t.Errorf("%d requests, want 2: the second when 30 s of life are left", len(b.asked))
	}
}

func TestManyCallersMakeOneRequest(t *testing.T) {
	now := epoch
	b := &broker{life: time.Hour, gate: make(chan struct{})}
	tokens := tokensAt(t, b, &now)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if got, _, err := tokens.Token(t.Context(), ""); err != nil || got != "token 1 " {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	close(b.gate)
	callers.Wait()
	if len(b.asked) != 1 || b.asked[0].GetConnection() != "connections/c1" {
		t.Errorf("requests %v", b.asked)
	}
}

func TestWaitForATokenEndsWithItsContext(t *testing.T) {
	now := epoch
	tokens := tokensAt(t, &broker{life: time.Hour}, &now)
	tokens.turn <- struct{}{} // somebody else asks
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tokens.Token(ctx, ""); !fault.Is(err, fault.Cancelled) {
		t.Errorf("%v", err)
	}
}
