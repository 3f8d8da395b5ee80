package authbroker_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/login"
)

// TestTokensAskedForStayUnderTheBar lets many workers ask several brokers with one Redis, for the time of
// several tokens' lives, and counts at the tenant.
func TestTokensAskedForStayUnderTheBar(t *testing.T) {
	const lifetime, lives, workers = 2 * time.Second, 3, 12
	p := newPlace(t, sim.Config{Seed: 1, TokenLifetime: lifetime})
	p.redis = "redis://" + redistest.Start(t).Address
	brokers := []*running{p.start(), p.start(), p.start()}
	began := time.Now()
	name := brokers[0].connect().GetConnection().GetName()

	end := time.Now().Add(lives * lifetime)
	var working sync.WaitGroup
	for _, broker := range brokers {
		client := broker.tokens()
		for range workers {
			working.Go(func() { ask(p.context(), t, client, name, end) })
		}
	}
	working.Wait()
	elapsed := time.Since(began)
	bar := int(elapsed.Seconds()/(0.7*lifetime.Seconds())) + 1
	if issued := p.sim.Ledger.Report().Tokens[p.sim.ClientID]; issued > bar || issued < lives {
		t.Errorf("%d tokens in %v; at most %d, at least %d", issued, elapsed, bar, lives)
	}
}

// ask asks again and again until the end, and checks that what comes is good.
func ask(ctx context.Context, t *testing.T, client authv1.TokenServiceClient, name string, end time.Time) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(end) {
		reply, err := client.GetToken(ctx, &authv1.GetTokenRequest{Connection: name})
		if err != nil {
			t.Error(err)
			return
		}
		if !time.Now().Before(reply.GetExpireTime().AsTime()) {
			t.Errorf("a token that ended at %v", reply.GetExpireTime().AsTime())
			return
		}
		<-tick.C
	}
}

func TestBrokersShareATokenAndSurviveRedis(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	server := redistest.Start(t)
	p.redis = "redis://" + server.Address
	one, two := p.start(), p.start()
	name := one.connect().GetConnection().GetName()
	first, err := two.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)
	server.Stop()
	for range 5 {
		again, err := one.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
		p.must(err)
		if again.GetAccessToken() != first.GetAccessToken() {
			t.Error("another token without Redis")
		}
	}
	if issued := p.sim.Ledger.Report().Tokens[p.sim.ClientID]; issued != 1 {
		t.Errorf("%d tokens", issued)
	}
}

func TestChangedCredentialReachesEveryBroker(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	p.redis = "redis://" + redistest.Start(t).Address
	one, two := p.start(), p.start()
	name := one.connect().GetConnection().GetName()
	before, err := two.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)
	p.sim.Apps.Update(p.sim.ClientID, func(app *login.App) { app.Secrets = append(app.Secrets, "second") })
	_, err = one.connections().UpdateConnection(p.context(), &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, Credential: secret("second")})
	p.must(err)
	after, err := two.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)
	if after.GetAccessToken() == before.GetAccessToken() {
		t.Error("the other broker still gives out the old token")
	}
	_, err = two.connections().DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name})
	p.must(err)
	if _, err := one.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token of a removed connection: %v", err)
	}
}

// TestARefusedTokenIsNotGivenOutAgain plays a worker whose token Graph refuses before its time.
func TestARefusedTokenIsNotGivenOutAgain(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	name := broker.connect().GetConnection().GetName()
	ask := func(refused []byte) (string, error) {
		reply, err := broker.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name, RefusedSha256: refused})
		return reply.GetAccessToken(), err
	}
	first, err := ask(nil)
	p.must(err)
	digest := sha256.Sum256([]byte(first))
	second, err := ask(digest[:])
	p.must(err)
	again, err := ask(nil)
	p.must(err)
	if second == first || again != second {
		t.Error("the refused token is given out again")
	}
	if _, err := ask([]byte("short")); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

// TestRefusedRenewalDegradesAndTheNextTokenLifts follows a connection whose application is disabled for a while.
func TestRefusedRenewalDegradesAndTheNextTokenLifts(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	name := broker.connect().GetConnection().GetName()
	disable := func(disabled bool) {
		p.sim.Apps.Update(p.sim.ClientID, func(app *login.App) { app.Disabled = disabled })
	}
	state := func() *authv1.Connection {
		reply, err := broker.connections().GetConnection(p.context(), &authv1.GetConnectionRequest{Name: name})
		p.must(err)
		return reply.GetConnection()
	}
	challenge := &authv1.GetTokenRequest{Connection: name, Claims: "e30"} // {}
	disable(true)
	if _, err := broker.tokens().GetToken(p.context(), challenge); fault.ReasonOf(err) != "APPLICATION_DISABLED" {
		t.Errorf("%v", err)
	}
	if c := state(); c.GetState() != authv1.ConnectionState_CONNECTION_STATE_DEGRADED || c.GetProblem().GetReason() != "APPLICATION_DISABLED" {
		t.Errorf("%v", c)
	}
	disable(false)
	_, err := broker.tokens().GetToken(p.context(), challenge)
	p.must(err)
	if c := state(); c.GetState() != authv1.ConnectionState_CONNECTION_STATE_VERIFIED || c.GetProblem() != nil {
		t.Errorf("%v", c)
	}
}

func TestKeysOutliveTheirConnection(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	name := broker.connect().GetConnection().GetName()
	keys := authv1.NewKeyServiceClient(broker.as(identity.BackupWorker))
	made, err := keys.CreateUnitKey(p.context(), &authv1.CreateUnitKeyRequest{Connection: name, Unit: "unit-1"})
	p.must(err)
	if len(made.GetKey()) != 64 || made.GetVersion() != 1 {
		t.Fatalf("version %d, %d bytes", made.GetVersion(), len(made.GetKey()))
	}
	_, err = broker.connections().DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name})
	p.must(err)
	broker.stop()

	broker = p.start()
	keys = authv1.NewKeyServiceClient(broker.as(identity.BackupWorker))
	open := func(client grpc.ClientConnInterface, connection, unit string) (*authv1.OpenUnitKeyResponse, error) {
		return authv1.NewKeyServiceClient(client).OpenUnitKey(p.context(), &authv1.OpenUnitKeyRequest{Connection: connection, Unit: unit, Version: 1})
	}
	opened, err := open(broker.as(identity.RestoreWorker), name, "unit-1")
	p.must(err)
	if string(opened.GetKey()) != string(made.GetKey()) {
		t.Error("another key")
	}
	if _, err := keys.CreateUnitKey(p.context(), &authv1.CreateUnitKeyRequest{Connection: name, Unit: "unit-2"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a new key for a removed connection: %v", err)
	}
	if _, err := open(broker.as(identity.RestoreWorker), name, "unit-2"); !fault.Is(err, fault.NotFound) || fault.NextOf(err) == "" {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := open(broker.as(""), name, "unit-1"); !fault.Is(err, fault.Permission) {
		t.Errorf("a person gets a key: %v", err)
	}
	if _, err := open(broker.as(identity.DirectorySync), name, "unit-1"); !fault.Is(err, fault.Permission) {
		t.Errorf("directory-sync gets a key: %v", err)
	}
}
