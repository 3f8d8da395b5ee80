package tokencache

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// Redis keeps tokens, sealed, for all brokers.
type Redis struct {
	client redis.UniversalClient
	box    *seal.Box
	now    func() time.Time
}

var _ token.Cache = (*Redis)(nil)

// NewRedis keeps tokens in that Redis. All brokers need the same key file.
func NewRedis(client redis.UniversalClient, ring *seal.Ring, now func() time.Time) *Redis {
	return &Redis{client: client, box: ring.For("tokens"), now: now}
}

// callTimeout keeps a Redis that does not answer from holding up workers: a token costs less.
const callTimeout = 500 * time.Millisecond

type content struct {
	Access  string    `json:"access"`
	Renew   time.Time `json:"renew"`
	Give    time.Time `json:"give"`
	Expires time.Time `json:"expires"`
}

// Get implements token.Cache. What cannot be opened, because the key file was replaced, is as good as none.
func (r *Redis) Get(ctx context.Context, key token.Key) (token.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sealed, err := r.client.Get(ctx, name(key)).Bytes()
	if errors.Is(err, redis.Nil) {
		return token.Token{}, notCached()
	}
	if err != nil {
		return token.Token{}, away("get token", err)
	}
	plain, err := r.box.Open(sealed, []byte(name(key)))
	if err != nil {
		return token.Token{}, fault.As(fault.NotFound, "get token", err)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil || !r.now().Before(c.Expires) {
		return token.Token{}, notCached()
	}
	return token.Token(c), nil
}

// Put implements token.Cache.
func (r *Redis) Put(ctx context.Context, key token.Key, t token.Token) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	plain, err := json.Marshal(content(t))
	if err != nil {
		return fault.As(fault.Internal, "put token", err)
	}
	left := t.Expires.Sub(r.now())
	if left < time.Millisecond {
		return nil
	}
	return away("put token", r.client.Set(ctx, name(key), r.box.Seal(plain, []byte(name(key))), left).Err())
}

// unlockScript deletes a lock only if it is still ours: it may have run out and be another's by now.
var unlockScript = redis.NewScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`)

// Lock implements token.Cache.
func (r *Redis) Lock(ctx context.Context, key token.Key, hold time.Duration) (func(context.Context) error, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	owner := rand.Text()
	taken, err := r.client.SetNX(ctx, name(key)+":lock", owner, hold).Result()
	if err != nil {
		return nil, false, away("lock token", err)
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		return away("unlock token", unlockScript.Run(ctx, r.client, []string{name(key) + ":lock"}, owner).Err())
	}, taken, nil
}

func name(key token.Key) string {
	return "tok:{" + string(key.Connection) + "}:" + strconv.FormatUint(key.Version, 10)
}

func away(op string, err error) error {
	return fault.As(fault.Transient, op, err, fault.Reason("REDIS_AWAY"), fault.Next("check that the redis-server runs; tokens are kept in this process meanwhile"))
}
