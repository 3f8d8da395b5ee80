package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// A command waits for a sync that is running, and then makes its own: what the person wants to see
// may have come too late for the other one.
const (
	lookAgain = 200 * time.Millisecond
	waitFor   = 2 * time.Minute
)

// SyncDirectory reads and applies now.
func (m *Mappings) SyncDirectory(ctx context.Context, request *directoryv1.SyncDirectoryRequest) (*directoryv1.SyncDirectoryResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	if err := m.directory.HasConnection(ctx, connection); err != nil {
		return nil, err
	}
	order := run.Order{Full: request.GetFull(), AllowMassChange: request.GetAllowMassChange(), Actor: actor(ctx)}
	report, err := m.patiently(ctx, connection, order)
	if err != nil {
		return nil, err
	}
	return reportOf(report), nil
}

func (m *Mappings) patiently(ctx context.Context, connection m365.ConnectionID, order run.Order) (run.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	for {
		report, err := m.runner.Sync(ctx, connection, order)
		if fault.ReasonOf(err) != "SYNC_RUNNING" || bus.Pause(ctx, lookAgain) != nil {
			return report, err
		}
	}
}

func reportOf(report run.Report) *directoryv1.SyncDirectoryResponse {
	response := &directoryv1.SyncDirectoryResponse{
		Read: int32(report.Read), Provisioned: int32(report.Provisioned), Updated: int32(report.Updated),
		Suspended: int32(report.Suspended), Removed: int32(report.Removed), EndTime: timestamppb.New(report.Ended),
	}
	for _, failure := range report.Failed {
		response.Failed = append(response.Failed, &directoryv1.FailedUser{
			EntraId: string(failure.User),
			Problem: &typev1.Problem{Reason: fault.ReasonOf(failure.Err), Cause: failure.Err.Error(), Next: fault.NextOf(failure.Err)},
		})
	}
	return response
}

// mostPreviewed is how many users a preview names; its counts cover all.
const mostPreviewed = 1000

var effects = map[directory.Effect]directoryv1.PreviewEffect{
	directory.Comes:          directoryv1.PreviewEffect_PREVIEW_EFFECT_PROVISION,
	directory.Goes:           directoryv1.PreviewEffect_PREVIEW_EFFECT_SUSPEND,
	directory.ChangesProfile: directoryv1.PreviewEffect_PREVIEW_EFFECT_CHANGE_PROFILE,
	directory.Stays:          directoryv1.PreviewEffect_PREVIEW_EFFECT_NONE,
}

func previewOf(previewed []directory.Previewed) *directoryv1.PreviewMappingResponse {
	response := &directoryv1.PreviewMappingResponse{}
	counts := map[directory.Effect]*int32{
		directory.Comes: &response.ProvisionCount, directory.Goes: &response.SuspendCount,
		directory.ChangesProfile: &response.ProfileChangeCount, directory.Stays: &response.NoneCount,
	}
	for _, user := range previewed {
		*counts[user.Effect]++
		if len(response.Users) < mostPreviewed {
			response.Users = append(response.Users, &directoryv1.PreviewedUser{
				EntraId: string(user.Change.After.ID), UserPrincipalName: user.Change.After.PrincipalName,
				DisplayName: user.Change.After.DisplayName, Effect: effects[user.Effect], Reason: user.Reason,
				ProfileBefore: profileName(user.Change.Before.Profile), ProfileAfter: profileName(user.Change.After.Profile),
			})
		}
	}
	return response
}

func profileName(id m365.ProfileID) string {
	if id == "" {
		return ""
	}
	return "profiles/" + string(id)
}
