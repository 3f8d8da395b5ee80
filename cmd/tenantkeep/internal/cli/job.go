package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/progress"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

func (a *app) job() *cobra.Command {
	return group("job", "See and end backups, verifications and restores", a.jobList(), a.jobWatch(), a.jobCancel())
}

func (a *app) jobList() *cobra.Command {
	var connection, state string
	command := &cobra.Command{
		Use: "list", Short: "List jobs, newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			request := &backupv1.ListJobsRequest{Parent: "connections/-"}
			if state != "" {
				request.State = backupv1.JobState(backupv1.JobState_value["JOB_STATE_"+strings.ToUpper(state)])
				if request.State == 0 {
					return wrong("state "+state, "use queued, running, succeeded, partial, failed or cancelled")
				}
			}
			if connection != "" {
				var err error
				if request.Parent, err = a.theConnection(command.Context(), connection); err != nil {
					return err
				}
			}
			service, err := a.jobs()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), request, service.ListJobs)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printJobs(out, all.GetJobs()) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "of one connection (default: all)")
	command.Flags().StringVar(&state, "state", "", "queued, running, succeeded, partial, failed or cancelled")
	return command
}

func (a *app) jobWatch() *cobra.Command {
	return &cobra.Command{
		Use: "watch JOB...", Short: "Show progress until the jobs have ended", Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			jobs, err := a.getJobs(command, arguments)
			if err != nil {
				return err
			}
			return a.watchJobs(command.Context(), jobs)
		},
	}
}

func (a *app) jobCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel JOB...", Short: "End jobs; what was done so far stays", Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			service, err := a.jobs()
			if err != nil {
				return err
			}
			jobs, err := a.getJobs(command, arguments)
			if err != nil {
				return err
			}
			for i, job := range jobs {
				reply, err := service.CancelJob(command.Context(), &backupv1.CancelJobRequest{Name: job.GetName()})
				if err != nil {
					return err
				}
				jobs[i] = reply.GetJob()
			}
			return a.printer().Message(&backupv1.ListJobsResponse{Jobs: jobs}, func(out io.Writer) { printJobs(out, jobs) })
		},
	}
}

// getJobs reads jobs given by name or by the id that listings show.
func (a *app) getJobs(command *cobra.Command, arguments []string) ([]*backupv1.Job, error) {
	service, err := a.jobs()
	if err != nil {
		return nil, err
	}
	var jobs []*backupv1.Job
	for _, text := range arguments {
		name := text
		if !strings.HasPrefix(name, "connections/") {
			name = "connections/-/jobs/" + text
		}
		reply, err := service.GetJob(command.Context(), &backupv1.GetJobRequest{Name: name})
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, reply.GetJob())
	}
	return jobs, nil
}

func printJobs(out io.Writer, jobs []*backupv1.Job) {
	var rows [][]string
	for _, j := range jobs {
		rows = append(rows, []string{show.Last(j.GetName()), show.Word(j.GetKind(), "JOB_KIND_"), progress.Resource(j), show.Time(j.GetCreateTime()), progress.Text(j)})
	}
	show.Table(out, "ID KIND RESOURCE QUEUED STATE", rows)
}

// printEnded prints how a job ended, with what it could not do.
func printEnded(out io.Writer, job *backupv1.Job) {
	if b := job.GetBackup(); b != nil {
		fmt.Fprintf(out, "backup %s: %s, %d items (%d added, %d changed, %d deleted, %d failed), %s read, %s stored, %d requests\n",
			progress.Resource(job), show.Word(b.GetOutcome(), "BACKUP_OUTCOME_"), b.GetItems(), b.GetAdded(), b.GetChanged(), b.GetDeleted(), b.GetFailed(),
			show.Bytes(b.GetBytesRead()), show.Bytes(b.GetBytesStored()), b.GetRequests())
	}
	for _, item := range job.GetFailedItems() {
		fmt.Fprintf(out, "  failed   %s\n", item.GetItemId())
		printProblem(out, item.GetProblem())
	}
	if v := job.GetVerification(); v != nil {
		fmt.Fprintf(out, "verify %s: %d items, %s read back, %d damaged\n", progress.Resource(job), v.GetItems(), show.Bytes(v.GetBytes()), v.GetDamagedCount())
		for _, damage := range v.GetDamaged() {
			fmt.Fprintf(out, "  damaged  %s\n", damage.GetItem())
			printProblem(out, damage.GetProblem())
		}
	}
	printProblem(out, job.GetProblem())
}
