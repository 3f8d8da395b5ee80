package delivery

import (
	"context"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Office is the rules of deliveries over what carries them out. It may be used by many goroutines.
type Office struct {
	Store   Store
	Facts   Facts
	Secrets Secrets
	Email   Sender
	Webhook Sender
	Lease   time.Duration // how long one try may take; longer than any sender's time-out
	Now     func() time.Time
}

// Spread queues a delivery of the fact for each rule that wants it.
func (o *Office) Spread(ctx context.Context, fact Fact) error {
	now := o.Now().UTC()
	if now.Sub(fact.Time) > MaxAge || fact.Kind == kindDelivery {
		return nil
	}
	rules, err := o.Store.Rules(ctx)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if !rule.wants(fact) {
			continue
		}
		if err := o.Store.Queue(ctx, rule.delivery(fact, now), factQueued); err != nil {
			return err
		}
	}
	return nil
}

// Attempt makes one try of a delivery that is due. It does nothing if another process is at it.
func (o *Office) Attempt(ctx context.Context, connection m365.ConnectionID, id string) error {
	claimed := false
	d, err := o.Store.Edit(ctx, connection, id, func(d *Delivery) string {
		now := o.Now().UTC()
		if claimed = d.State == Queued && !now.Before(d.Next); !claimed {
			return nothing
		}
		d.Attempts++
		d.Next = now.Add(o.Lease)
		return factAttempted
	})
	if err != nil || !claimed {
		return err
	}
	outcome := o.send(ctx, d)
	// The result is kept even if the process is told to stop meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	_, err = o.Store.Edit(ctx, connection, id, func(d *Delivery) string {
		if d.State != Queued {
			return nothing
		}
		return d.settle(outcome, o.Now().UTC())
	})
	return err
}

const settleFor = 10 * time.Second

// send makes the try itself.
func (o *Office) send(ctx context.Context, d Delivery) error {
	fact, err := o.Facts.At(ctx, d.Cursor, d.EventID)
	if err != nil {
		return err
	}
	if o.Now().Sub(fact.Time) > MaxAge {
		return fault.New(fault.Precondition, "send", "what happened is more than a day ago", fault.Reason("FACT_OLD"), fault.Next("look at the events: event watch"))
	}
	channel, err := o.Store.Channel(ctx, d.Channel)
	if err != nil {
		return err
	}
	return o.through(ctx, channel, compose(d.ID, fact))
}

func (o *Office) through(ctx context.Context, channel Channel, message Message) error {
	secret, err := o.Secrets.Secret(ctx, channel.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Lease)
	defer cancel()
	if channel.Webhook != nil {
		return o.Webhook.Send(ctx, channel, secret, message)
	}
	return o.Email.Send(ctx, channel, secret, message)
}

// settle notes how a try ended and returns the fact that it is.
func (d *Delivery) settle(outcome error, now time.Time) string {
	if outcome == nil {
		d.State, d.Ended, d.Next, d.Problem = Succeeded, now, time.Time{}, nil
		return factSucceeded
	}
	d.Problem = problemOf(outcome)
	if fault.Is(outcome, fault.Cancelled) { // we were told to stop: nothing is known against the receiver
		d.Attempts--
		d.Next = now
		return factAttempted
	}
	wait, another := pause(d.Attempts, fault.RetryAfterOf(outcome))
	if !fault.Retryable(outcome) || !another || now.Add(wait).Sub(d.Created) > MaxAge {
		d.State, d.Ended, d.Next = Failed, now, time.Time{}
		return factFailed
	}
	d.Next = now.Add(wait)
	return factAttempted
}

// Try sends a test message through a channel. It is not kept.
func (o *Office) Try(ctx context.Context, id string) (Delivery, error) {
	channel, err := o.Store.Channel(ctx, id)
	if err != nil {
		return Delivery{}, err
	}
	now := o.Now().UTC()
	test := Fact{ID: "test-" + now.Format("20060102T150405.000"), Type: "tenantkeep.channel-tested.v1", Event: "channel-tested", Kind: "channel", Subject: "channels/" + id, Time: now}
	d := Rule{Channel: id}.delivery(test, now)
	d.Attempts = 1
	outcome := o.through(ctx, channel, compose(d.ID, test))
	d.Ended, d.Next, d.State, d.Problem = o.Now().UTC(), time.Time{}, Succeeded, nil
	if outcome != nil {
		d.State, d.Problem = Failed, problemOf(outcome)
	}
	return d, nil
}

func problemOf(err error) *Problem {
	reason := fault.ReasonOf(err)
	if reason == "" {
		reason = strings.ToUpper(strings.ReplaceAll(fault.KindOf(err).String(), " ", "_"))
	}
	return &Problem{Reason: reason, Cause: err.Error(), Next: fault.NextOf(err)}
}
