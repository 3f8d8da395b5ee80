package bus

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Headers of a dead letter, beside those of the message it is a copy of.
const (
	HeaderDeadReason   = "dead-reason"   // code of the failure, or its kind
	HeaderDeadError    = "dead-error"    // the failure, for people
	HeaderDeadNext     = "dead-next"     // what to do about it; may be missing
	HeaderDeadSubject  = "dead-subject"  // where the message was
	HeaderDeadStream   = "dead-stream"   // and in which stream
	HeaderDeadSequence = "dead-sequence" // and at which place
	HeaderDeadConsumer = "dead-consumer" // who could not process it
)

// DeadLetter is a message that nobody could process.
type DeadLetter struct {
	Sequence uint64 // its place among the dead letters
	Time     time.Time
	Reason   string
	Error    string
	Next     string
	Consumer string
	Stream   string
	Subject  string
	Origin   uint64 // its place in Stream
	Header   nats.Header
	Data     []byte
}

// Bury stores a copy of a message among the dead letters. Repeating it after a lost acknowledgement is
// safe.
func Bury(ctx context.Context, js jetstream.JetStream, letter DeadLetter, cause error) error {
	message := nats.NewMsg(join(RootDead, letter.Consumer, letter.Subject))
	message.Data = letter.Data
	for name, values := range letter.Header {
		message.Header[name] = values
	}
	for _, name := range []string{jetstream.MsgTTLHeader, jetstream.ExpectedLastSubjSeqHeader, jetstream.ExpectedLastSubjSeqSubjHeader, "Nats-Stream-Source"} {
		delete(message.Header, name) // conditions of the first writing, which do not hold here
	}
	message.Header[jetstream.MsgIDHeader] = []string{"dead-" + letter.Consumer + "-" + letter.Stream + "-" + strconv.FormatUint(letter.Origin, 10)}
	for name, value := range map[string]string{
		HeaderDeadReason: reasonOf(cause), HeaderDeadError: cause.Error(), HeaderDeadNext: fault.NextOf(cause),
		HeaderDeadSubject: letter.Subject, HeaderDeadStream: letter.Stream,
		HeaderDeadSequence: strconv.FormatUint(letter.Origin, 10), HeaderDeadConsumer: letter.Consumer,
	} {
		SetHeader(message.Header, name, value)
	}
	_, err := js.PublishMsg(ctx, message)
	return fault.As(fault.Transient, "write dead letter", err)
}

func reasonOf(err error) string {
	if reason := fault.ReasonOf(err); reason != "" {
		return reason
	}
	return fault.KindOf(err).String()
}

// DeadLetters passes what is among the dead letters to each, oldest first.
func DeadLetters(ctx context.Context, js jetstream.JetStream, consumer string, each func(DeadLetter) error) error {
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	filter := RootDead + ".>"
	if consumer != "" {
		filter = join(RootDead, consumer, ">")
	}
	err := Tail(ctx, js, StreamDeadLetters, []string{filter}, Position{}, func(message jetstream.Msg) error {
		meta, err := message.Metadata()
		if err != nil {
			return err
		}
		return each(letterOf(message.Headers(), message.Data(), meta.Sequence.Stream, meta.Timestamp))
	}, func() { done(errDone) })
	if errors.Is(context.Cause(ctx), errDone) {
		return nil
	}
	return err
}

var errDone = fault.New(fault.Cancelled, "read dead letters", "all were read")

// DeadLetterAt returns one dead letter; fault.NotFound if it is not there (any more).
func DeadLetterAt(ctx context.Context, js jetstream.JetStream, sequence uint64) (DeadLetter, error) {
	stream, err := js.Stream(ctx, StreamDeadLetters)
	if err != nil {
		return DeadLetter{}, fault.As(fault.Transient, "read dead letter", err)
	}
	message, err := stream.GetMsg(ctx, sequence)
	if err != nil {
		return DeadLetter{}, fault.As(fault.NotFound, "read dead letter "+strconv.FormatUint(sequence, 10), err)
	}
	return letterOf(message.Header, message.Data, message.Sequence, message.Time), nil
}

// Forget takes a dead letter out.
func Forget(ctx context.Context, js jetstream.JetStream, sequence uint64) error {
	stream, err := js.Stream(ctx, StreamDeadLetters)
	if err == nil {
		err = stream.DeleteMsg(ctx, sequence)
	}
	return fault.As(fault.Transient, "forget dead letter", err)
}

func letterOf(header nats.Header, data []byte, sequence uint64, at time.Time) DeadLetter {
	origin, _ := strconv.ParseUint(Header(header, HeaderDeadSequence), 10, 64) // 0 if somebody else wrote it
	return DeadLetter{
		Sequence: sequence, Time: at.UTC(), Origin: origin, Header: header, Data: data,
		Reason: Header(header, HeaderDeadReason), Error: Header(header, HeaderDeadError), Next: Header(header, HeaderDeadNext),
		Consumer: Header(header, HeaderDeadConsumer), Stream: Header(header, HeaderDeadStream), Subject: Header(header, HeaderDeadSubject),
	}
}

// MarshalJSON leaves the content out: dead letters are listed for people, and content is not for logs.
func (d DeadLetter) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"sequence": d.Sequence, "time": d.Time, "reason": d.Reason, "error": d.Error, "next": d.Next,
		"consumer": d.Consumer, "stream": d.Stream, "subject": d.Subject,
	})
}
