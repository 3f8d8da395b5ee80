package state

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Claim makes a value unique: one entity at a time may hold it. It is an entity of its own that is
// written in the same batch as its owner, so there is no owner without the value and no value without
// its owner.
type Claim struct {
	Connection m365.ConnectionID // within which it is unique; NoConnection for everywhere
	Name       string            // what is unique: "tenant", "upn", "link"
	Value      string            // compared byte by byte: bring it to one form first
	Owner      Key
}

// Facts of claims.
const (
	factClaimTaken    = "claim-taken"
	factClaimReleased = "claim-released"
)

// Key is where the claim is kept. Values may hold anything, so their hash stands in the id; it also keeps
// addresses out of subjects.
func (c Claim) Key() Key {
	sum := sha256.Sum256([]byte(c.Name + "\x00" + c.Value))
	return Key{Kind: KindClaim, Connection: c.Connection, ID: base64.RawURLEncoding.EncodeToString(sum[:18])}
}

// Take returns the changes that give the value to the owner: none if it has it, fault.Exists if another
// one does. Commit them together with the owner; fault.Conflict then means that somebody was faster.
func (c Claim) Take(ctx context.Context, store Store) ([]Change, error) {
	change := Change{Key: c.Key(), Fact: factClaimTaken, Data: []byte(c.Owner.String())}
	record, err := store.Get(ctx, change.Key)
	switch {
	case err == nil && string(record.Data) == c.Owner.String():
		return nil, nil
	case err == nil:
		return nil, fault.New(fault.Exists, "claim "+c.Name, "belongs to "+string(record.Data), fault.Reason("VALUE_TAKEN"))
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	change.Expect = record.Sequence
	return []Change{change}, nil
}

// Release returns the changes that give the value free: none if the owner does not have it.
func (c Claim) Release(ctx context.Context, store Store) ([]Change, error) {
	record, err := store.Get(ctx, c.Key())
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case string(record.Data) != c.Owner.String():
		return nil, nil
	}
	return []Change{{Key: c.Key(), Fact: factClaimReleased, Data: record.Data, Expect: record.Sequence, Removed: true}}, nil
}
