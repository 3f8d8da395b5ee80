package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

func (a *app) profile() *cobra.Command {
	return group("profile", "Say what is backed up, when, and how long it is kept", a.profileAdd(), a.profileEdit(), a.profileList())
}

// profileFlags are the fields of a profile as flags, and the paths of the fields that they set.
type profileFlags struct {
	name, cron, zone                string
	workloads                       []string
	every                           time.Duration
	excludeFolders, excludePatterns []string
	maxFile                         int64
	days, weeks, months, years      int32
}

var profilePaths = map[string]string{
	"name": "display_name", "workload": "workloads", "every": "schedule", "cron": "schedule", "time-zone": "schedule",
	"exclude-folder": "exclusions", "exclude-file": "exclusions", "max-file-bytes": "exclusions",
	"keep-days": "retention", "keep-weeks": "retention", "keep-months": "retention", "keep-years": "retention",
}

func (f *profileFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.name, "name", "", "what people call it")
	flags.StringSliceVar(&f.workloads, "workload", []string{"mail", "files"}, "mail, files")
	flags.DurationVar(&f.every, "every", 0, "back up at this interval, such as 6h")
	flags.StringVar(&f.cron, "cron", "", "back up at these times: second minute hour day month weekday")
	flags.StringVar(&f.zone, "time-zone", "", "zone of --cron, such as Europe/Berlin (default UTC)")
	flags.StringSliceVar(&f.excludeFolders, "exclude-folder", nil, "mail folders to leave out, such as deleteditems")
	flags.StringSliceVar(&f.excludePatterns, "exclude-file", nil, "files to leave out, such as *.tmp")
	flags.Int64Var(&f.maxFile, "max-file-bytes", 0, "leave out larger files (0: none)")
	flags.Int32Var(&f.days, "keep-days", 0, "keep the newest snapshot of each of so many days")
	flags.Int32Var(&f.weeks, "keep-weeks", 0, "... weeks")
	flags.Int32Var(&f.months, "keep-months", 0, "... months")
	flags.Int32Var(&f.years, "keep-years", 0, "... years")
	command.MarkFlagsMutuallyExclusive("every", "cron")
}

func (f *profileFlags) profile() (*backupv1.Profile, error) {
	profile := &backupv1.Profile{
		DisplayName: f.name,
		Exclusions:  &backupv1.Exclusions{MailFolders: f.excludeFolders, FilePatterns: f.excludePatterns, MaxFileBytes: f.maxFile},
		Retention:   &backupv1.Retention{KeepDays: f.days, KeepWeeks: f.weeks, KeepMonths: f.months, KeepYears: f.years},
	}
	for _, text := range f.workloads {
		workload := typev1.Workload_value["WORKLOAD_"+strings.ToUpper(text)]
		if workload == 0 {
			return nil, wrong(fmt.Sprintf("workload %q", text), "use mail or files")
		}
		profile.Workloads = append(profile.Workloads, typev1.Workload(workload))
	}
	switch {
	case f.every > 0:
		profile.Schedule = &backupv1.Schedule{Kind: &backupv1.Schedule_Every{Every: durationpb.New(f.every)}}
	case f.cron != "":
		profile.Schedule = &backupv1.Schedule{Kind: &backupv1.Schedule_Cron{Cron: f.cron}, TimeZone: f.zone}
	}
	return profile, nil
}

func (a *app) profileAdd() *cobra.Command {
	var flags profileFlags
	command := &cobra.Command{
		Use: "add [ID]", Short: "Add a backup policy", Args: cobra.MaximumNArgs(1),
		Example: "  tenantkeep profile add daily --workload mail,files --cron \"0 30 2 * * *\" --keep-days 30",
		RunE: func(command *cobra.Command, arguments []string) error {
			profile, err := flags.profile()
			if err != nil {
				return err
			}
			request := &backupv1.CreateProfileRequest{Profile: profile}
			if len(arguments) == 1 {
				request.ProfileId = arguments[0]
				if profile.DisplayName == "" {
					profile.DisplayName = arguments[0]
				}
			}
			service, err := a.profiles()
			if err != nil {
				return err
			}
			reply, err := service.CreateProfile(command.Context(), request)
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { fmt.Fprintln(out, reply.GetProfile().GetName()) })
		},
	}
	flags.add(command)
	return command
}

func (a *app) profileEdit() *cobra.Command {
	var flags profileFlags
	command := &cobra.Command{
		Use: "edit PROFILE", Short: "Change a backup policy; only what is given changes", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			profile, err := flags.profile()
			if err != nil {
				return err
			}
			paths, err := edits(command, profilePaths, false)
			if err != nil {
				return err
			}
			profile.Name = prefixed("profiles", arguments[0])
			service, err := a.profiles()
			if err != nil {
				return err
			}
			reply, err := service.UpdateProfile(command.Context(), &backupv1.UpdateProfileRequest{
				Profile: profile, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { printProfiles(out, []*backupv1.Profile{reply.GetProfile()}) })
		},
	}
	flags.add(command)
	return command
}

func (a *app) profileList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the backup policies", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.profiles()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &backupv1.ListProfilesRequest{}, service.ListProfiles)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printProfiles(out, all.GetProfiles()) })
		},
	}
}

func printProfiles(out io.Writer, profiles []*backupv1.Profile) {
	var rows [][]string
	for _, p := range profiles {
		var workloads []string
		for _, w := range p.GetWorkloads() {
			workloads = append(workloads, show.Word(w, "WORKLOAD_"))
		}
		rows = append(rows, []string{show.Last(p.GetName()), p.GetDisplayName(), strings.Join(workloads, ","), scheduleText(p.GetSchedule()), retentionText(p.GetRetention())})
	}
	show.Table(out, "ID NAME WORKLOADS SCHEDULE KEEPS", rows)
}

func scheduleText(schedule *backupv1.Schedule) string {
	switch {
	case schedule.GetEvery() != nil:
		return "every " + show.Duration(schedule.GetEvery().AsDuration())
	case schedule.GetCron() != "":
		return strings.TrimSpace(schedule.GetCron() + " " + schedule.GetTimeZone())
	default:
		return "on demand"
	}
}

func retentionText(keep *backupv1.Retention) string {
	var parts []string
	for _, part := range []struct {
		n    int32
		unit string
	}{{keep.GetKeepDays(), "d"}, {keep.GetKeepWeeks(), "w"}, {keep.GetKeepMonths(), "m"}, {keep.GetKeepYears(), "y"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", part.n, part.unit))
		}
	}
	if parts == nil {
		return "everything"
	}
	return strings.Join(parts, " ")
}
