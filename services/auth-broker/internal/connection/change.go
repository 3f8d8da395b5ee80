package connection

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Update is what changes of a connection. Nil fields stay.
type Update struct {
	ID          m365.ConnectionID
	Revision    int64 // 0, or the one that was read
	DisplayName *string
	Application *string
	Credential  *Credential
}

// Update changes a connection and tests it. Tokens of the earlier application or credential are worthless
// from the moment of the change. A connection that works is not given what Entra refuses.
func (b *Broker) Update(ctx context.Context, update Update) (Connection, []Check, error) {
	if err := b.rehearse(ctx, update); err != nil {
		return Connection{}, nil, err
	}
	ref, err := b.keepNew(ctx, update)
	if err != nil {
		return Connection{}, nil, err
	}
	var before string
	_, err = b.Store.Edit(ctx, update.ID, func(c *Connection, signIn *SignIn) (Fact, error) {
		before = signIn.Sealed
		return update.apply(c, signIn, ref, b.Now())
	})
	switch {
	case err != nil:
		if ref != "" && !fault.Is(err, fault.Transient) {
			b.forget(ctx, update.ID, ref)
		}
		return Connection{}, nil, err
	case ref != "":
		b.forget(ctx, update.ID, before)
	}
	return b.Test(ctx, update.ID)
}

// rehearse signs in as a connection that works would after a change. Entra shows a secret once: one that is
// replaced by a slip of the hand could not be had again. Only a refusal counts; trouble on the way says nothing.
func (b *Broker) rehearse(ctx context.Context, update Update) error {
	if update.Credential == nil && update.Application == nil {
		return nil
	}
	c, err := b.Store.Get(ctx, update.ID)
	if err != nil || c.State != Verified {
		return err
	}
	signIn, err := b.Store.SignIn(ctx, update.ID)
	if err != nil {
		return err
	}
	sealed := signIn.Sealed
	if _, err := update.apply(&c, &signIn, sealed, b.Now()); err != nil {
		return err
	}
	credential, err := b.Secrets.Read(ctx, update.ID, sealed)
	if update.Credential != nil {
		credential, err = *update.Credential, nil
	}
	if err != nil {
		return err
	}
	signIn.Version = 0 // its token is for nobody
	if _, err := b.Entra.SignIn(ctx, signIn, credential, ""); fault.Is(err, fault.Precondition) {
		return fault.Wrap("change connection: it stays as it was", err)
	}
	return nil
}

// keepNew seals the new credential, if there is one and a connection to give it to.
func (b *Broker) keepNew(ctx context.Context, update Update) (string, error) {
	if update.Credential == nil {
		return "", nil
	}
	if err := update.Credential.check(&Connection{}, b.Now()); err != nil {
		return "", err
	}
	if _, err := b.Store.Get(ctx, update.ID); err != nil {
		return "", err
	}
	return b.Secrets.Keep(ctx, update.ID, *update.Credential)
}

func (u Update) apply(c *Connection, signIn *SignIn, ref string, now time.Time) (Fact, error) {
	if err := sameRevision(*c, u.Revision); err != nil {
		return Nothing, err
	}
	name, application := c.DisplayName, c.Application
	if u.DisplayName != nil {
		if err := c.name(*u.DisplayName); err != nil {
			return Nothing, err
		}
	}
	if u.Application != nil {
		id, err := m365.ParseAppID(*u.Application)
		if err != nil {
			return Nothing, invalid(err.Error(), "APPLICATION_MALFORMED", "give the application (client) id of the app registration")
		}
		c.Application, signIn.Application = id, id
	}
	if u.Credential != nil {
		if err := u.Credential.check(c, now); err != nil {
			return Nothing, err
		}
		signIn.Sealed = ref
	}
	switch {
	case u.Credential != nil || c.Application != application:
		c.State, c.Problem = New, nil
		return FactUpdated, nil
	case c.DisplayName != name:
		return FactUpdated, nil
	}
	return Nothing, nil
}

// Delete ends a connection. Its credential is forgotten at once; what was backed up stays.
func (b *Broker) Delete(ctx context.Context, id m365.ConnectionID, revision int64) error {
	signIn, err := b.Store.SignIn(ctx, id)
	if err != nil {
		return err
	}
	if err := b.Store.Remove(ctx, id, func(c Connection) error { return sameRevision(c, revision) }); err != nil {
		return err
	}
	b.forget(ctx, id, signIn.Sealed)
	return nil
}

func sameRevision(c Connection, revision int64) error {
	if revision == 0 || revision == c.Revision {
		return nil
	}
	return fault.New(fault.Precondition, "change connection", fmt.Sprintf("it is at revision %d, not at %d any more", c.Revision, revision),
		fault.Reason("REVISION_STALE"), fault.Next("read the connection again and decide again"))
}

// sweepAge spares credentials whose connection is just being committed.
const sweepAge = 10 * time.Minute

// Sweep forgets credentials that no connection uses: what is left of a process that died between
// sealing and committing, or between committing and forgetting.
func (b *Broker) Sweep(ctx context.Context) error {
	kept, err := b.Secrets.Kept(ctx)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if b.Now().Sub(k.Since) < sweepAge {
			continue
		}
		signIn, err := b.Store.SignIn(ctx, k.Connection)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if signIn.Sealed == k.Ref {
			continue
		}
		if err := b.Secrets.Forget(ctx, k.Connection, k.Ref); err != nil {
			return err
		}
	}
	return nil
}

func digest(parts ...string) (id [10]byte) {
	hash := sha256.New()
	for _, part := range parts {
		_, _ = hash.Write([]byte(part + "\x00")) // a hash never fails
	}
	copy(id[:], hash.Sum(nil))
	return id
}
