package msgraph_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/tenantkeep/tenantkeep/sim/interop/tenant"
)

// world is the SDK on one side and the simulator's own word on the other.
type world struct {
	tenant      *tenant.Tenant
	graph       *graph
	mail, files []tenant.Sum
}

// mails and files are what each user has.
const (
	mails = 120
	files = 90
)

func TestMicrosoftsSDK(t *testing.T) {
	n := tenant.Start(t, "--users", "20", "--mails", strconv.Itoa(mails), "--files", strconv.Itoa(files), "--seed", "7",
		"--files-host", "localhost") // where the SDK drops its token, as it does on the way to SharePoint
	w := &world{n, connect(t, n), n.Sums(t, "mail"), n.Sums(t, "files")}
	t.Run("walks users", w.users)
	t.Run("walks users by delta", w.usersByDelta)
	t.Run("walks groups and members", w.groups)
	t.Run("walks mailboxes", w.mailboxes)
	t.Run("walks a mail folder by delta", w.inboxByDelta)
	t.Run("walks drives", w.drives)
	t.Run("walks a drive by delta", w.driveByDelta)
	t.Run("downloads files", w.contents)
	n.NoneRefused(t)
	t.Run("understands refusals", w.refusals)
}

// code is that of the error that the SDK understood, or nothing.
func code(err error) string {
	var refusal *odataerrors.ODataError
	if errors.As(err, &refusal) && refusal.GetErrorEscaped() != nil && refusal.GetErrorEscaped().GetCode() != nil {
		return *refusal.GetErrorEscaped().GetCode()
	}
	return ""
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}
