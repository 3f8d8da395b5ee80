package outbox

import (
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// A report has to fit into one message of state beside the restore itself.
const (
	maxReport = 200 << 10 // of each of its two lists
	maxCause  = 500
)

// Report is the message of what became of a restore; err is why it failed as a whole, or nil.
func Report(report restore.Report, requests int64, err error) *restorev1.RestoreReport {
	m := &restorev1.RestoreReport{
		Items: report.Items, Created: report.Created, Replaced: report.Replaced, Skipped: report.Skipped,
		Failed: report.Failed, Bytes: report.Bytes, Requests: requests, Problem: Problem(err), Incomplete: report.Incomplete,
	}
	m.Failures = named(report.Failures)
	m.IncompleteItems = named(report.Shortfalls)
	return m
}

// named are the messages of as many items as a report has room for.
func named(failures []restore.Failure) []*restorev1.FailedItem {
	var items []*restorev1.FailedItem
	size := 0
	for _, failure := range failures {
		item := Failed(failure.Item, failure.Err)
		if size += proto.Size(item); size > maxReport {
			break
		}
		items = append(items, item)
	}
	return items
}

// Failed is the message of an item that failed, or of which something is missing.
func Failed(item string, err error) *restorev1.FailedItem {
	return &restorev1.FailedItem{ItemId: item, Problem: Problem(err)}
}

var requestID = regexp.MustCompile(`\(request ([^)]+)\)`)

// Problem is an error as people need it; nil for none.
func Problem(err error) *typev1.Problem {
	if err == nil {
		return nil
	}
	p := &typev1.Problem{Reason: fault.ReasonOf(err), Cause: err.Error(), Next: fault.NextOf(err)}
	if p.Reason == "" {
		p.Reason = strings.ToUpper(strings.ReplaceAll(fault.KindOf(err).String(), " ", "_"))
	}
	if p.Next == "" {
		p.Next = "restore the item once more; if it fails again, export it instead"
	}
	if id := requestID.FindStringSubmatch(p.Cause); id != nil {
		p.RequestId = id[1]
	}
	if len(p.Cause) > maxCause {
		p.Cause = strings.ToValidUTF8(p.Cause[:maxCause], "") + "..."
	}
	return p
}
