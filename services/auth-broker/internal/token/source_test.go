package token_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/tokencache"
)

const lifetime = time.Hour

// tenant issues tokens, each after a while.
type tenant struct {
	mu      sync.Mutex
	issued  int
	version uint64
	err     error
	claims  string
}

func (t *tenant) Version(context.Context, m365.ConnectionID) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.version == 0 {
		return 0, fault.New(fault.NotFound, "sign in", "removed")
	}
	return t.version, nil
}

func (t *tenant) Issue(_ context.Context, _ m365.ConnectionID, claims string) (token.Token, uint64, error) {
	asked := time.Now()
	time.Sleep(300 * time.Millisecond) // in the bubble of synctest: the tenant takes its time
	t.mu.Lock()
	defer t.mu.Unlock()
	t.issued++
	t.claims = claims
	return token.New(fmt.Sprintf("token-%d", t.issued), asked, lifetime), t.version, t.err
}

func (t *tenant) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.issued
}

func (t *tenant) set(version uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version, t.err = version, err
}

// brokers shares one cache among several sources, as processes of a fleet do, and runs the test in a
// bubble of its own time.
func brokers(t *testing.T, n int, test func(t *testing.T, tenant *tenant, sources []*token.Source)) {
	synctest.Test(t, func(t *testing.T) {
		tenant, cache := &tenant{version: 1}, tokencache.NewMemory(time.Now)
		sources := make([]*token.Source, n)
		for i := range sources {
			sources[i] = token.NewSource(cache, tenant, slog.New(slog.DiscardHandler), time.Now)
			defer sources[i].Close()
		}
		test(t, tenant, sources)
	})
}

func get(t *testing.T, s *token.Source) string {
	t.Helper()
	got, err := s.Token(t.Context(), "c1", "")
	if err != nil {
		t.Fatal(err)
	}
	return got.Access
}

func TestManyWorkersCostOneToken(t *testing.T) {
	brokers(t, 3, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		var workers sync.WaitGroup
		for i := range 60 {
			workers.Go(func() {
				if got := get(t, sources[i%3]); got != "token-1" {
					t.Error(got)
				}
			})
		}
		workers.Wait()
		if tenant.count() != 1 {
			t.Errorf("%d tokens", tenant.count())
		}
	})
}

func TestRenewsBehindTheCallersBack(t *testing.T) {
	brokers(t, 2, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		get(t, sources[0])
		time.Sleep(lifetime * 69 / 100)
		for _, s := range sources {
			get(t, s)
		}
		synctest.Wait()
		if tenant.count() != 1 {
			t.Errorf("renewed before 70 %% of its life")
		}
		time.Sleep(lifetime * 17 / 100) // past 85 %
		began := time.Now()
		for _, s := range sources {
			if got := get(t, s); got != "token-1" {
				t.Errorf("%s: the old token is still good", got)
			}
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("callers waited %v for the renewal", waited)
		}
		time.Sleep(time.Second)
		for _, s := range sources {
			if got := get(t, s); got != "token-2" {
				t.Errorf("%s: the renewed token is there", got)
			}
		}
		if tenant.count() != 2 {
			t.Errorf("%d tokens", tenant.count())
		}
	})
}

func TestNeverGivesOutATokenThatIsAboutToEnd(t *testing.T) {
	brokers(t, 1, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		get(t, sources[0])
		time.Sleep(lifetime - time.Minute)
		got, err := sources[0].Token(t.Context(), "c1", "")
		if err != nil || time.Until(got.Expires) < 2*time.Minute {
			t.Errorf("%v left, %v", time.Until(got.Expires), err)
		}
	})
}

func TestChallengeGoesPastTheCacheOnce(t *testing.T) {
	brokers(t, 2, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		get(t, sources[0])
		got, err := sources[0].Token(t.Context(), "c1", "eyJ9")
		if err != nil || got.Access != "token-2" || tenant.claims != "eyJ9" {
			t.Errorf("%v, claims %q, %v", got.Access, tenant.claims, err)
		}
		if got := get(t, sources[1]); got != "token-2" {
			t.Errorf("%s: the others have the refused token", got)
		}
	})
}

func TestARefusedTokenIsReplacedOnceForAll(t *testing.T) {
	brokers(t, 3, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		refused := token.New(get(t, sources[0]), time.Now(), lifetime).Digest()
		var workers sync.WaitGroup
		for i := range 30 {
			workers.Go(func() {
				got, err := sources[i%3].Replace(t.Context(), "c1", refused)
				if err != nil || got.Access != "token-2" {
					t.Errorf("%q, %v", got.Access, err)
				}
			})
		}
		workers.Wait()
		if got := get(t, sources[1]); got != "token-2" || tenant.count() != 2 {
			t.Errorf("%s of %d tokens", got, tenant.count())
		}
	})
}

func TestATenantThatRefusesEveryTokenIsNotAskedAgainAtOnce(t *testing.T) {
	brokers(t, 1, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		current, err := sources[0].Token(t.Context(), "c1", "")
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if current, err = sources[0].Replace(t.Context(), "c1", current.Digest()); err != nil {
				t.Fatal(err)
			}
		}
		if tenant.count() != 2 {
			t.Errorf("%d tokens in a moment", tenant.count())
		}
		time.Sleep(time.Minute)
		if next, err := sources[0].Replace(t.Context(), "c1", current.Digest()); err != nil || next.Access != "token-3" {
			t.Errorf("%q, %v", next.Access, err)
		}
	})
}

func TestChangedOrRemovedConnectionHasNoEarlierToken(t *testing.T) {
	brokers(t, 2, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		get(t, sources[0])
		tenant.set(2, nil)
		if got := get(t, sources[1]); got != "token-2" {
			t.Error(got)
		}
		tenant.set(0, nil)
		for _, s := range sources {
			if _, err := s.Token(t.Context(), "c1", ""); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		}
	})
}

func TestRefusalIsRememberedForAWhile(t *testing.T) {
	brokers(t, 1, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		wrong := fault.New(fault.Precondition, "sign in", "wrong secret")
		tenant.set(1, wrong)
		for range 5 {
			if _, err := sources[0].Token(t.Context(), "c1", ""); !errors.Is(err, wrong) {
				t.Error(err)
			}
		}
		if tenant.count() != 1 {
			t.Errorf("asked %d times with a wrong secret", tenant.count())
		}
		tenant.set(2, nil)
		get(t, sources[0]) // a new credential is tried at once
		tenant.set(1, wrong)
		time.Sleep(time.Minute)
		_, _ = sources[0].Token(t.Context(), "c1", "")
		if tenant.count() != 3 {
			t.Errorf("asked %d times: the pause does not end", tenant.count())
		}
	})
}

func TestOutageIsTriedAgainAtOnce(t *testing.T) {
	brokers(t, 1, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		tenant.set(1, fault.New(fault.Transient, "sign in", "503"))
		if _, err := sources[0].Token(t.Context(), "c1", ""); !fault.Is(err, fault.Transient) {
			t.Error(err)
		}
		tenant.set(1, nil)
		get(t, sources[0])
	})
}

func TestCallerThatGoesAwayDoesNotSpoilItForOthers(t *testing.T) {
	brokers(t, 1, func(t *testing.T, tenant *tenant, sources []*token.Source) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var impatient sync.WaitGroup
		impatient.Go(func() {
			if _, err := sources[0].Token(ctx, "c1", ""); !fault.Retryable(err) {
				t.Error(err)
			}
		})
		if got := get(t, sources[0]); got != "token-1" {
			t.Error(got)
		}
		impatient.Wait()
	})
}
