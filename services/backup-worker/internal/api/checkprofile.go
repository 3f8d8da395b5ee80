package api

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // time zones on machines that have none

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

var profileID = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

func checkProfileID(id string) error {
	if profileID.MatchString(id) {
		return nil
	}
	return invalidProfile(fmt.Sprintf("profile id %q", id), "use 1 to 40 of a-z, 0-9 and dashes")
}

// checkProfile refuses a profile that could not be carried out as it stands.
func checkProfile(profile *backupv1.Profile) error {
	if profile.GetDisplayName() == "" {
		return invalidProfile("it has no display name", "give it one that people will recognise")
	}
	if len(profile.GetWorkloads()) == 0 {
		return invalidProfile("it has no workloads", "name at least one of mail and files")
	}
	for _, workload := range profile.GetWorkloads() {
		if outbox.WorkloadOf(workload) == "" {
			return invalidProfile(fmt.Sprintf("workload %v", workload), "known are mail and files")
		}
	}
	for _, pattern := range profile.GetExclusions().GetFilePatterns() {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return invalidProfile(fmt.Sprintf("file pattern %q", pattern), "write patterns like *.tmp, with * ? and [a-z]")
		}
	}
	if profile.GetExclusions().GetMaxFileBytes() < 0 {
		return invalidProfile("a file cannot be smaller than nothing", "set max_file_bytes to 0 for no limit")
	}
	return checkSchedule(profile.GetSchedule())
}

// cronField is what a field of a cron line can be made of; the server checks the rest when the
// schedule is set.
var cronField = regexp.MustCompile(`^[0-9A-Za-z*,/?-]+$`)

func checkSchedule(schedule *backupv1.Schedule) error {
	switch kind := schedule.GetKind().(type) {
	case nil:
		return nil
	case *backupv1.Schedule_Every:
		if kind.Every.AsDuration() < time.Minute {
			return invalidProfile("it would back up more often than once a minute", "set an interval of at least a minute")
		}
	case *backupv1.Schedule_Cron:
		fields := strings.Fields(kind.Cron)
		for _, field := range fields {
			if len(fields) != 6 || !cronField.MatchString(field) {
				fields = nil
				break
			}
		}
		if len(fields) == 0 {
			return invalidProfile(fmt.Sprintf("cron line %q", kind.Cron), `give six fields from seconds to weekday, such as "0 30 2 * * *"`)
		}
	}
	if _, err := time.LoadLocation(schedule.GetTimeZone()); err != nil {
		return invalidProfile(fmt.Sprintf("time zone %q", schedule.GetTimeZone()), "use an IANA name such as Europe/Vienna")
	}
	return nil
}

func invalidProfile(cause, next string) error {
	return fault.New(fault.Invalid, "check profile", cause, fault.Reason("PROFILE_INVALID"), fault.Next(next))
}
