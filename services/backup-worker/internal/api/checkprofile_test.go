package api

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

func TestCheckProfile(t *testing.T) {
	cron := func(line, zone string) *backupv1.Schedule {
		return &backupv1.Schedule{Kind: &backupv1.Schedule_Cron{Cron: line}, TimeZone: zone}
	}
	every := func(d time.Duration) *backupv1.Schedule {
		return &backupv1.Schedule{Kind: &backupv1.Schedule_Every{Every: durationpb.New(d)}}
	}
	for name, test := range map[string]struct {
		edit func(*backupv1.Profile)
		fine bool
	}{
		"as it is":                  {func(*backupv1.Profile) {}, true},
		"every minute":              {func(p *backupv1.Profile) { p.Schedule = every(time.Minute) }, true},
		"more often":                {func(p *backupv1.Profile) { p.Schedule = every(time.Second) }, false},
		"at night":                  {func(p *backupv1.Profile) { p.Schedule = cron("0 30 2 * * MON-FRI", "Europe/Vienna") }, true},
		"cron of five fields":       {func(p *backupv1.Profile) { p.Schedule = cron("30 2 * * *", "") }, false},
		"cron of something else":    {func(p *backupv1.Profile) { p.Schedule = cron("0 30 2 * * ;", "") }, false},
		"in no zone":                {func(p *backupv1.Profile) { p.Schedule = cron("0 30 2 * * *", "Mars/Phobos") }, false},
		"of no name":                {func(p *backupv1.Profile) { p.DisplayName = "" }, false},
		"of nothing":                {func(p *backupv1.Profile) { p.Workloads = nil }, false},
		"of what is not known":      {func(p *backupv1.Profile) { p.Workloads = []typev1.Workload{99} }, false},
		"without temporary files":   {func(p *backupv1.Profile) { p.Exclusions = &backupv1.Exclusions{FilePatterns: []string{"*.tmp"}} }, true},
		"without what has no end":   {func(p *backupv1.Profile) { p.Exclusions = &backupv1.Exclusions{FilePatterns: []string{"[a-"}} }, false},
		"without less than nothing": {func(p *backupv1.Profile) { p.Exclusions = &backupv1.Exclusions{MaxFileBytes: -1} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			profile := &backupv1.Profile{DisplayName: "Mail", Workloads: []typev1.Workload{typev1.Workload_WORKLOAD_MAIL}}
			test.edit(profile)
			err := checkProfile(profile)
			if test.fine && err != nil || !test.fine && (!fault.Is(err, fault.Invalid) || fault.NextOf(err) == "") {
				t.Error(err)
			}
		})
	}
	for id, fine := range map[string]bool{"standard": true, "p-1": true, "": false, "A": false, "a.b": false, "a/b": false} {
		if err := checkProfileID(id); (err == nil) != fine {
			t.Errorf("%q: %v", id, err)
		}
	}
}
