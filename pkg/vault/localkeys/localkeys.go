package localkeys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeebo/blake3"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Config is what a store is opened with.
type Config struct {
	KeyFile string        // path of the tenant key
	Backend vault.Backend // of the wrapped keys
}

// Store makes and unwraps the keys of units. It is safe for concurrent use.
type Store struct {
	backend vault.Backend
	aead    cipher.AEAD
	keyID   string
}

// Open reads the tenant key, which it makes if there is none.
func Open(ctx context.Context, config Config) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap("open key store", err)
	}
	key, err := readKeyFile(config.KeyFile)
	if err != nil {
		return nil, fault.Wrap("open key store", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.As(fault.Internal, "open key store", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.As(fault.Internal, "open key store", err)
	}
	name := blake3.Sum256(key)
	return &Store{backend: config.Backend, aead: aead, keyID: hex.EncodeToString(name[:8])}, nil
}

// For are the keys of one vault.
func (s *Store) For(vaultID string) vault.Keys { return bound{s, vaultID} }

type bound struct {
	store   *Store
	vaultID string
}

func (b bound) Create(ctx context.Context, unit vault.UnitID) (vault.Key, error) {
	return b.store.Create(ctx, b.vaultID, unit)
}

func (b bound) Open(ctx context.Context, unit vault.UnitID, version uint32) (vault.Key, error) {
	return b.store.Open(ctx, b.vaultID, unit, version)
}

// Create returns the newest key of a unit, and makes version 1 if it has none.
func (s *Store) Create(ctx context.Context, vaultID string, unit vault.UnitID) (vault.Key, error) {
	const op = "create key"
	if err := vault.CheckUnit(unit); err != nil {
		return vault.Key{}, fault.Wrap(op, err)
	}
	newest, err := s.newest(ctx, unit)
	if err != nil {
		return vault.Key{}, fault.Wrap(op, err)
	}
	if newest == 0 {
		secret := make([]byte, vault.SecretSize)
		rand.Read(secret)
		first := vault.Key{Version: 1, Secret: secret}
		if err := s.backend.Create(ctx, keyName(unit, 1), s.wrap(vaultID, unit, first)); err == nil {
			return first, nil
		} else if !fault.Is(err, fault.Exists) {
			return vault.Key{}, fault.Wrap(op, err)
		}
		newest = 1 // another process was first: its key counts
	}
	return s.Open(ctx, vaultID, unit, newest)
}

// Open returns one version of a unit's key.
func (s *Store) Open(ctx context.Context, vaultID string, unit vault.UnitID, version uint32) (vault.Key, error) {
	const op = "open key"
	if err := vault.CheckUnit(unit); err != nil {
		return vault.Key{}, fault.Wrap(op, err)
	}
	raw, err := s.backend.Read(ctx, keyName(unit, version), 0, -1)
	if err != nil {
		return vault.Key{}, fault.Wrap(op, err)
	}
	key, err := s.unwrap(raw, vaultID, unit, version)
	return key, fault.Wrap(op, err)
}

func (s *Store) newest(ctx context.Context, unit vault.UnitID) (uint32, error) {
	var newest uint32
	prefix := keyPrefix(unit)
	for o, err := range s.backend.List(ctx, prefix, "", 0) {
		if err != nil {
			return 0, err
		}
		version, err := strconv.ParseUint(strings.TrimPrefix(o.Name, prefix), 16, 32)
		if err != nil {
			return 0, fault.As(fault.Internal, "list keys", err)
		}
		newest = max(newest, uint32(version))
	}
	return newest, nil
}

func keyPrefix(unit vault.UnitID) string { return object.UnitPrefix(string(unit)) + "key/" }

func keyName(unit vault.UnitID, version uint32) string {
	return keyPrefix(unit) + fmt.Sprintf("%08x", version)
}

const recipientLocal = "local"

func (s *Store) wrap(vaultID string, unit vault.UnitID, key vault.Key) []byte {
	header := object.AppendHeader(nil, object.Key, key.Version)
	plain := wire.AppendBytes(wire.AppendBytes(nil, vaultID), unit)
	plain = binary.LittleEndian.AppendUint32(plain, key.Version)
	plain = wire.AppendBytes(plain, key.Secret)

	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	wrapped := s.aead.Seal(nonce, nonce, plain, header)
	out := binary.AppendUvarint(header, 1)
	return wire.AppendBytes(wire.AppendBytes(wire.AppendBytes(out, recipientLocal), s.keyID), wrapped)
}

var errMalformed = errors.New("the wrapped key is malformed")

func (s *Store) unwrap(raw []byte, vaultID string, unit vault.UnitID, version uint32) (vault.Key, error) {
	got, err := object.ParseHeader(raw, object.Key)
	if err != nil || got != version {
		return vault.Key{}, fault.As(fault.Internal, "unwrap key", errMalformed, fault.Reason(vault.Damaged))
	}
	r := wire.NewReader(raw[object.HeaderSize:])
	for range r.Length(3) {
		kind, id, wrapped := r.Text(), r.Text(), r.Bytes()
		if kind == recipientLocal && id == s.keyID && len(wrapped) > s.aead.NonceSize() {
			return s.open(raw[:object.HeaderSize], wrapped, vaultID, unit, version)
		}
	}
	if r.Err() != nil {
		return vault.Key{}, fault.As(fault.Internal, "unwrap key", errMalformed, fault.Reason(vault.Damaged))
	}
	return vault.Key{}, fault.New(fault.Precondition, "unwrap key", "the key was wrapped with another tenant key",
		fault.Next("start with the key file that this key store was made with"))
}

func (s *Store) open(header, wrapped []byte, vaultID string, unit vault.UnitID, version uint32) (vault.Key, error) {
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, wrapped[:n], wrapped[n:], header)
	if err != nil {
		return vault.Key{}, fault.As(fault.Internal, "unwrap key", err, fault.Reason(vault.Damaged))
	}
	r := wire.NewReader(plain)
	forVault, forUnit, forVersion, secret := r.Text(), r.Text(), r.Uint32(), r.Bytes()
	if r.Err() != nil || len(secret) != vault.SecretSize {
		return vault.Key{}, fault.As(fault.Internal, "unwrap key", errMalformed, fault.Reason(vault.Damaged))
	}
	if forVault != vaultID || forUnit != string(unit) || forVersion != version {
		return vault.Key{}, fault.New(fault.Permission, "unwrap key", "the key is another vault's, unit's or version's")
	}
	return vault.Key{Version: version, Secret: secret}, nil
}
