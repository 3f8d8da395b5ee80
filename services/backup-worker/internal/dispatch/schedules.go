package dispatch

import (
	"context"
	"log/slog"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// schedulePrefix starts the names of schedules that belong to profiles.
const schedulePrefix = "profile-"

// Schedules keeps one schedule for each profile that has one.
type Schedules struct {
	schedules *jobs.Schedules
	views     *outbox.Views
	log       *slog.Logger
	wake      chan struct{}
}

// NewSchedules returns the schedules of the profiles in the views.
func NewSchedules(schedules *jobs.Schedules, views *outbox.Views, log *slog.Logger) *Schedules {
	return &Schedules{schedules: schedules, views: views, log: log, wake: make(chan struct{}, 1)}
}

// Changed is the hint that a profile is not what it was.
func (s *Schedules) Changed(outbox.Profile, outbox.Profile) {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Sync makes the schedules what the profiles say.
func (s *Schedules) Sync(ctx context.Context) error {
	wanted := map[string]bool{}
	for profile := range s.views.Profiles.All("") {
		if profile.Value.GetSchedule().GetKind() == nil {
			continue
		}
		name := schedulePrefix + profile.Key.ID
		wanted[name] = true
		err := s.set(ctx, name, profile.Key.ID, profile.Value.GetSchedule())
		if fault.Is(err, fault.Invalid) { // the server knows better than our check what a cron line is
			s.log.Error("a profile's schedule cannot be set", "profile", profile.Key.ID, "error", err)
			continue
		}
		if err != nil {
			return err
		}
	}
	present, err := s.schedules.Names(ctx)
	if err != nil {
		return err
	}
	for _, name := range present {
		if strings.HasPrefix(name, schedulePrefix) && !wanted[name] {
			if err := s.schedules.Remove(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Schedules) set(ctx context.Context, name, profile string, schedule *backupv1.Schedule) error {
	switch kind := schedule.GetKind().(type) {
	case *backupv1.Schedule_Cron:
		return s.schedules.Cron(ctx, name, kind.Cron, schedule.GetTimeZone(), []byte(profile))
	case *backupv1.Schedule_Every:
		return s.schedules.Every(ctx, name, kind.Every.AsDuration(), []byte(profile))
	default:
		return nil
	}
}

// profileOf is the profile whose schedule fired.
func profileOf(due jobs.Due) (m365.ProfileID, bool) {
	id, ours := strings.CutPrefix(due.Name, schedulePrefix)
	return m365.ProfileID(id), ours
}
