package published_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
)

func TestEveryLimitHasItsSource(t *testing.T) {
	areas := map[published.Area]bool{}
	for _, row := range published.Rows() {
		areas[row.Area] = true
		if !strings.HasPrefix(row.Source, "https://learn.microsoft.com/") || row.Units < 1 {
			t.Errorf("%+v", row)
		}
		if row.Burst > 0 && float64(row.Units)*float64(time.Duration(row.Per).Microseconds()) >= 1<<53 {
			t.Errorf("%+v is beyond what the ledger computes exactly", row)
		}
		if row.Lease > row.Units/50 && row.Lease > 1 {
			t.Errorf("%+v: a lease of more than a fiftieth is too much for one process", row)
		}
	}
	for _, area := range published.Areas {
		if !areas[area] {
			t.Errorf("%s has no limit", area)
		}
	}
}

func TestEveryCallIsChargedToALimit(t *testing.T) {
	for _, call := range published.Calls() {
		for cost := range call.Units {
			if !limited(call.Area, cost) {
				t.Errorf("%s: nothing limits its %s", call.Call, cost)
			}
		}
	}
}

func limited(area published.Area, cost string) bool {
	for _, row := range published.Rows() {
		if row.Area == area && (row.Budget == cost || cost == "units" && strings.HasPrefix(row.Budget, cost)) {
			return true
		}
	}
	return false
}

func TestLimitsFollowTheTenantsSize(t *testing.T) {
	for _, test := range []struct {
		size                             published.Size
		directory, minute, minutes5, day int64
	}{
		{published.Size{}, 3_500, 1_250, 18_750, 1_200_000},
		{published.Size{Users: 49, Licences: 1_000}, 3_500, 1_250, 18_750, 1_200_000},
		{published.Size{Users: 50, Licences: 1_001}, 5_000, 2_500, 37_500, 2_400_000},
		{published.Size{Users: 501, Licences: 5_001}, 8_000, 3_750, 56_250, 3_600_000},
		{published.Size{Users: 1_000_000, Licences: 1_000_000}, 8_000, 6_250, 93_750, 6_000_000},
	} {
		p := published.For(test.size)
		files := p.Files(1).Charges
		if files[0].Limit.Units != test.minute || files[1].Limit.Units != test.minutes5 || files[2].Limit.Units != test.day {
			t.Errorf("%+v: %+v", test.size, files)
		}
	}
	if !(published.Size{Users: 1}).Same(published.Size{Users: 49}) || (published.Size{Users: 49}).Same(published.Size{Users: 50}) {
		t.Error("the classes of sizes")
	}
}

func TestTextIsAsOnMicrosoftsPages(t *testing.T) {
	p := published.For(published.Size{})
	for _, row := range []struct{ got, want string }{
		{published.Text("mail/u", "slots", ratelimit.Limit{Units: 4}), "Exchange's 4 calls at a time for one mailbox"},
		{published.Text("files", "units per five minutes", p.Files(1).Charges[1].Limit), "SharePoint's 18,750 units in 5 minutes"},
		{published.Text("files", "upload", ratelimit.Limit{Units: 400e9, Per: time.Hour}), "SharePoint's 400 GB up an hour"},
		{published.Text("teams", "reads", ratelimit.Limit{Units: 30, Per: time.Second}), "Teams's 30 reads a second"},
	} {
		if row.got != row.want {
			t.Errorf("%q, not %q", row.got, row.want)
		}
	}
}
