package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Schedules are kept and fired by the nats-server, so they need no process to be up at the right moment.
// Only the dispatcher may write them: a schedule writes to any subject of its stream, whatever its
// author may.
//
// A schedule that could not be told of in time, because no dispatcher was there, is told of once,
// however often it fired. A time that a change to summer time skips does not happen; one that a change
// back repeats happens twice.
type Schedules struct {
	js  jetstream.JetStream
	log *slog.Logger
}

// NewSchedules returns the schedules of a bootstrapped server.
func NewSchedules(js jetstream.JetStream) *Schedules {
	return &Schedules{js: js, log: slog.Default()}
}

// Cron sets a schedule of six fields, seconds to weekday ("0 30 2 * * *"), in a time zone by its IANA name
// ("" for UTC). Setting it again as it is changes nothing.
func (s *Schedules) Cron(ctx context.Context, name, expression, zone string, payload []byte) error {
	header := nats.Header{jetstream.ScheduleHeader: {expression}}
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil {
			return fault.As(fault.Invalid, "set schedule "+name, err, fault.Next("name a time zone such as Europe/Berlin"))
		}
		header[jetstream.ScheduleTimeZoneHeader] = []string{zone}
	}
	return s.set(ctx, name, header, payload)
}

// Every sets a schedule that fires at an interval of at least a second. Setting it again as it is
// changes nothing, so the interval goes on over restarts.
func (s *Schedules) Every(ctx context.Context, name string, interval time.Duration, payload []byte) error {
	return s.set(ctx, name, nats.Header{jetstream.ScheduleHeader: {"@every " + interval.String()}}, payload)
}

// At sets a schedule that fires once, never before that time.
func (s *Schedules) At(ctx context.Context, name string, when time.Time, payload []byte) error {
	header := nats.Header{}
	at(header, when)
	return s.set(ctx, name, header, payload)
}

func (s *Schedules) set(ctx context.Context, name string, header nats.Header, payload []byte) error {
	if !bus.ValidToken(name) {
		return fault.New(fault.Invalid, "set schedule", "name "+name+" has no characters, or a dot, a blank or a wildcard")
	}
	header[jetstream.ScheduleTargetHeader] = []string{bus.RootDue + "." + name}
	stream, err := s.stream(ctx)
	if err != nil {
		return err
	}
	if present, err := stream.GetLastMsgForSubject(ctx, scheduleSubject(name)); err == nil && same(present, header, payload) {
		return nil
	}
	err = publish(ctx, s.js, &nats.Msg{Subject: scheduleSubject(name), Header: header, Data: payload})
	if fault.Is(err, fault.Invalid) {
		return fault.As(fault.Invalid, "set schedule "+name, err, fault.Next(`give six fields from seconds to weekday, such as "0 30 2 * * *", or an interval of at least a second`))
	}
	return fault.Wrap("set schedule "+name, err)
}

func same(present *jetstream.RawStreamMsg, header nats.Header, payload []byte) bool {
	for _, name := range []string{jetstream.ScheduleHeader, jetstream.ScheduleTimeZoneHeader, jetstream.ScheduleTargetHeader} {
		if !slices.Equal(present.Header[name], header[name]) {
			return false
		}
	}
	return string(present.Data) == string(payload)
}

// Remove ends a schedule, and what it fired that nobody took yet. It is no error if there is none.
func (s *Schedules) Remove(ctx context.Context, name string) error {
	stream, err := s.stream(ctx)
	if err != nil {
		return err
	}
	for _, subject := range []string{scheduleSubject(name), bus.RootDue + "." + name} {
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fault.As(fault.Transient, "remove schedule "+name, err)
		}
	}
	return nil
}

// Names lists the schedules, sorted, so that the dispatcher finds those whose profile is gone.
func (s *Schedules) Names(ctx context.Context) ([]string, error) {
	stream, err := s.stream(ctx)
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(bus.RootSchedules+".*"))
	if err != nil {
		return nil, fault.As(fault.Transient, "list schedules", err)
	}
	names := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		names = append(names, strings.TrimPrefix(subject, bus.RootSchedules+"."))
	}
	slices.Sort(names)
	return names, nil
}

func (s *Schedules) stream(ctx context.Context) (jetstream.Stream, error) {
	stream, err := s.js.Stream(ctx, bus.StreamSchedules)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fault.As(fault.Precondition, "open schedules", err, fault.Next("run the bootstrap against this nats-server"))
	}
	return stream, fault.As(fault.Transient, "open schedules", err)
}

func scheduleSubject(name string) string { return bus.RootSchedules + "." + name }
