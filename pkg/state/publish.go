package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Headers of an atomic batch (ADR-50): the server keeps the messages aside until the one that commits.
const (
	headerBatch       = "Nats-Batch-Id"
	headerBatchNumber = "Nats-Batch-Sequence" // from 1
	headerBatchCommit = "Nats-Batch-Commit"
)

// Error codes of the server, https://github.com/nats-io/nats-server/blob/main/server/errors.json.
const (
	codeWrongLast           = 10071
	codeWrongLastReplicated = 10164
	codeBatchIncomplete     = 10176 // a message was lost, or the server let go of the batch
	codeBatchDuplicate      = 10201 // one of its ids is stored already
	codeBatchesInFlight     = 10210
)

// errDuplicate says that a message with this id is stored already.
var errDuplicate = errors.New("stored before")

type ack struct {
	Sequence  uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
	Error     *jetstream.APIError `json:"error"`
}

// publish sends the messages, several as one atomic batch, and returns the sequence of the first.
func (s *JetStream) publish(ctx context.Context, messages []*nats.Msg) (uint64, error) {
	if len(messages) > 1 {
		markBatch(messages)
	}
	last := len(messages) - 1
	for _, message := range messages[:last] {
		if err := s.js.Conn().PublishMsg(message); err != nil {
			return 0, err
		}
	}
	answered, err := s.request(ctx, messages[last])
	if err != nil {
		return 0, err
	}
	return answered.Sequence - uint64(last), nil
}

// markBatch gives the messages a batch id of this attempt: what is left of an earlier one must not mix.
func markBatch(messages []*nats.Msg) {
	id := newEventID()
	for i, message := range messages {
		message.Header[headerBatch] = []string{id}
		message.Header[headerBatchNumber] = []string{strconv.Itoa(i + 1)}
	}
	messages[len(messages)-1].Header[headerBatchCommit] = []string{"1"}
}

func (s *JetStream) request(ctx context.Context, message *nats.Msg) (ack, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	reply, err := s.js.Conn().RequestMsgWithContext(ctx, message)
	if errors.Is(err, nats.ErrConnectionClosed) {
		return ack{}, fault.As(fault.Cancelled, "publish", err)
	}
	if err != nil {
		return ack{}, err
	}
	var answered ack
	switch err := json.Unmarshal(reply.Data, &answered); {
	case err != nil:
		return ack{}, fmt.Errorf("acknowledgement: %w", err)
	case answered.Error != nil:
		return ack{}, classify(answered.Error)
	case answered.Duplicate:
		return ack{}, errDuplicate
	}
	return answered, nil
}

// refused tells whether the server found another newest message than was expected.
func refused(err error) bool {
	api := (*jetstream.APIError)(nil)
	return errors.As(err, &api) && (api.ErrorCode == codeWrongLast || api.ErrorCode == codeWrongLastReplicated)
}

// unsure tells whether the message may have been stored nevertheless, or can be sent again: all that
// nobody classified.
func unsure(err error) bool { return !errors.As(err, new(*fault.Error)) }

// classify sorts out what sending again cannot help.
func classify(err *jetstream.APIError) error {
	switch code := err.ErrorCode; {
	case code == codeWrongLast, code == codeWrongLastReplicated, code == codeBatchDuplicate, code == codeBatchIncomplete, code == codeBatchesInFlight:
		return err
	case err.Code == 503 && code == codeStoreFull:
		return fault.As(fault.Exhausted, "publish", err, fault.Next("give the nats-server more room for its store"))
	case err.Code < 500:
		return fault.As(fault.Invalid, "publish", err)
	default:
		return err
	}
}

// codeStoreFull is "insufficient resources": the store's limit is reached.
const codeStoreFull = 10023

// after looks for the first message of the entity after a sequence, and whether it is this one. It
// asks the leader, since a replica may not have it yet. Sequence 0 means that there is none.
func (s *JetStream) after(ctx context.Context, key Key, sequence uint64, message *nats.Msg) (found uint64, ours bool, err error) {
	query, err := json.Marshal(map[string]any{"seq": sequence + 1, "next_by_subj": key.filter()})
	if err != nil {
		return 0, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	reply, err := s.js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+bus.StreamState, query)
	if err != nil {
		return 0, false, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Sequence uint64 `json:"seq"`
			Header   []byte `json:"hdrs"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return 0, false, err
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return 0, false, nil
		}
		return 0, false, answer.Error
	}
	header, err := nats.DecodeHeadersMsg(answer.Message.Header)
	if err != nil {
		return 0, false, err
	}
	return answer.Message.Sequence, bus.Header(header, bus.HeaderID) == bus.Header(message.Header, bus.HeaderID), nil
}
