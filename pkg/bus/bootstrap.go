package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Bootstrap creates what is missing of streams, consumers and buckets, and brings what is there up to
// this definition. It may run at every start and by several processes at once. It never deletes.
func Bootstrap(ctx context.Context, js jetstream.JetStream, config Config) error {
	config = config.withDefaults()
	for _, stream := range streams(config) {
		if err := put(ctx, stream.Name, func(ctx context.Context) error {
			_, err := js.CreateOrUpdateStream(ctx, stream)
			return err
		}); err != nil {
			return err
		}
	}
	for stream, consumers := range consumers(config) {
		for _, consumer := range consumers {
			if err := put(ctx, stream+"/"+consumer.Durable, func(ctx context.Context) error {
				_, err := js.CreateOrUpdateConsumer(ctx, stream, consumer)
				return err
			}); err != nil {
				return err
			}
		}
	}
	for _, bucket := range buckets(config) {
		if err := put(ctx, bucket.Bucket, func(ctx context.Context) error {
			_, err := js.CreateOrUpdateKeyValue(ctx, bucket)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// put retries what fails while a cluster elects its leaders or the server still starts.
func put(ctx context.Context, name string, create func(context.Context) error) error {
	const tries, pause = 10, 500 * time.Millisecond
	var err error
	for range tries {
		attempt, cancel := context.WithTimeout(ctx, apiTimeout)
		err = create(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if api := (*jetstream.APIError)(nil); errors.As(err, &api) && api.Code < 500 {
			break
		}
		if waitErr := Pause(ctx, pause); waitErr != nil {
			break
		}
	}
	return fault.As(fault.Precondition, "bootstrap "+name, err,
		fault.Next("check that the nats-server is 2.14 or newer, has JetStream on with room in its store, and that this user may manage streams"))
}

// Pause waits, or returns the error of a context that ends first.
func Pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
