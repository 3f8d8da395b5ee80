package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what sort of trouble an error is. The zero value is Internal: unclassified.
type Kind uint8

// The kinds; the package comment has the table of what each becomes.
const (
	Internal     Kind = iota // unclassified: a defect, or something not foreseen
	Invalid                  // the request can never succeed as it is
	Unsupported              // understood, but not to be had here
	NotFound                 // what was named does not exist, or does no longer
	Exists                   // what was to be created exists already
	Unauthentic              // who calls could not be established
	Permission               // who calls is known and may not
	Conflict                 // somebody else changed it first: read again and decide again
	Resync                   // the state of a delta query is lost: read everything again
	Precondition             // the system is not in the state that the request needs
	Throttled                // asked to slow down: see RetryAfter
	Exhausted                // no room: disk full, quota reached
	Transient                // likely to succeed if simply tried again
	Cancelled                // the caller, or a shutdown, ended it
)

var kindNames = [...]string{
	"internal", "invalid", "unsupported", "not found", "exists", "unauthenticated", "permission", "conflict",
	"resync", "precondition", "throttled", "exhausted", "transient", "cancelled",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", k)
}

// Error is one classified failure. Make it with [New] or [Wrap].
type Error struct {
	Op         string        // what was being done, lower case: "read delta page"
	Kind       Kind          // what sort of trouble it is
	Reason     string        // stable code for programs, UPPER_SNAKE_CASE; may be empty
	Next       string        // what the reader can do about it, one sentence; may be empty
	RetryAfter time.Duration // how long the other side asked to wait; 0 if it did not say
	Err        error         // the cause; may be nil
}

func (e *Error) Error() string {
	switch {
	case e.Err == nil && e.Op == "":
		return e.Kind.String()
	case e.Err == nil:
		return e.Op + ": " + e.Kind.String()
	case e.Op == "":
		return e.Err.Error()
	default:
		return e.Op + ": " + e.Err.Error()
	}
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Option completes an error that [New] or [Wrap] makes.
type Option func(*Error)

// Reason sets the stable code that programs branch on, such as VAULT_FENCED.
func Reason(code string) Option { return func(e *Error) { e.Reason = code } }

// Next sets what the reader can do about it.
func Next(step string) Option { return func(e *Error) { e.Next = step } }

// After sets how long to wait before the next try.
func After(wait time.Duration) Option { return func(e *Error) { e.RetryAfter = wait } }

// New makes an error of that kind. The text is the cause, in lower case and without a full stop.
func New(kind Kind, op, text string, options ...Option) error {
	return build(&Error{Op: op, Kind: kind, Err: errors.New(text)}, options)
}

// As classifies err: the kind is known here.
func As(kind Kind, op string, err error, options ...Option) error {
	if err == nil {
		return nil
	}
	return build(&Error{Op: op, Kind: kind, Err: err}, options)
}

// Wrap says what was being done and keeps the kind, reason, next step and wait of the cause.
// A nil error stays nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Kind: KindOf(err), Reason: ReasonOf(err), Next: NextOf(err), RetryAfter: RetryAfterOf(err), Err: err}
}

func build(e *Error, options []Option) error {
	for _, set := range options {
		set(e)
	}
	return e
}

// KindOf returns the kind of the outermost classified error in err's chain. The end of a context
// is Cancelled, its deadline Transient; everything else that nobody classified is Internal.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return Transient
	default:
		return Internal
	}
}

// Is tells whether err is of that kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// ReasonOf returns the first reason in err's chain, or "".
func ReasonOf(err error) string {
	return first(err, func(e *Error) string { return e.Reason })
}

// NextOf returns the first next step in err's chain, or "".
func NextOf(err error) string {
	return first(err, func(e *Error) string { return e.Next })
}

// RetryAfterOf returns how long the other side asked to wait, or 0.
func RetryAfterOf(err error) time.Duration {
	return first(err, func(e *Error) time.Duration { return e.RetryAfter })
}

// Retryable tells whether the same call may succeed later without anybody changing anything.
func Retryable(err error) bool {
	switch KindOf(err) {
	case Throttled, Transient, Conflict, Cancelled, Exhausted:
		return true
	default:
		return false
	}
}

// Sentence is err for a person: the cause, then what to do next.
func Sentence(err error) string {
	text := err.Error()
	if next := NextOf(err); next != "" {
		text = strings.TrimSuffix(text, ".") + ". Next: " + next
	}
	return text
}

func first[T comparable](err error, of func(*Error) T) T {
	var zero T
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if value := of(e); value != zero {
			return value
		}
		if e.Err == nil {
			break
		}
	}
	return zero
}
