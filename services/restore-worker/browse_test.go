package restoreworker_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

func (p *place) list(request *restorev1.ListItemsRequest) []*restorev1.Item {
	p.Helper()
	var all []*restorev1.Item
	for {
		reply, err := p.browse().ListItems(p.context(), request)
		p.must(err)
		all = append(all, reply.GetItems()...)
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			return all
		}
	}
}

func (p *place) search(request *restorev1.SearchItemsRequest) ([]*restorev1.SearchItemsResponse, error) {
	p.Helper()
	stream, err := p.browse().SearchItems(p.context(), request)
	p.must(err)
	var found []*restorev1.SearchItemsResponse
	for {
		one, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
}

func TestLookingIntoSnapshots(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 2, Mails: 60, Seed: 9}, nil)
	resource := p.backUp(0)
	p.backUp(1)
	p.backUp(0)
	p.worker()
	calls := p.tenant.Ledger.Report().Total.Requests

	snapshots, err := p.browse().ListSnapshots(p.context(), &restorev1.ListSnapshotsRequest{Parent: resource})
	p.must(err)
	if got := snapshots.GetSnapshots(); len(got) != 2 || got[0].GetName() != resource+"/snapshots/2" || got[1].GetItems() != 60 || !got[0].GetComplete() {
		t.Errorf("snapshots %v", got)
	}

	folders, messages := walk(p, resource+"/snapshots/latest", "")
	if folders == 0 || messages != 60 {
		t.Errorf("%d folders, %d messages", folders, messages)
	}

	inbox := p.list(&restorev1.ListItemsRequest{Snapshot: resource + "/snapshots/1", Path: "inbox", PageSize: 7, OrderBy: "time desc"})
	if byID := p.list(&restorev1.ListItemsRequest{Snapshot: resource + "/snapshots/1", Path: "inbox", PageSize: 7}); len(byID) != len(inbox) {
		t.Errorf("%d items by id, %d by time", len(byID), len(inbox))
	}
	if _, err := p.browse().ListItems(p.context(), &restorev1.ListItemsRequest{Snapshot: resource + "/snapshots/1", OrderBy: "sender"}); fault.ReasonOf(err) != "BAD_ORDER" {
		t.Errorf("an order that there is not: %v", err)
	}
	var one *restorev1.Item
	for i, item := range inbox {
		if item.GetKind() != restorev1.ItemKind_ITEM_KIND_MESSAGE {
			continue
		}
		if one != nil && one.GetTime().AsTime().Before(item.GetTime().AsTime()) {
			t.Errorf("item %d is newer than the one before", i)
		}
		one = item
	}
	if one.GetPath() != "Inbox" || !strings.Contains(one.GetSender(), "@") || one.GetSize() == 0 || one.GetId() == "" {
		t.Errorf("item %v", one)
	}

	for parent, want := range map[string]string{resource: "one", resource + "/snapshots/1": "one", "connections/" + string(p.connection): "one"} {
		found, err := p.search(&restorev1.SearchItemsRequest{Parent: parent, Query: strings.ToUpper(one.GetTitle())})
		p.must(err)
		hit := false
		for _, f := range found {
			hit = hit || f.GetItem().GetId() == one.GetId() && strings.HasPrefix(f.GetSnapshot(), resource) && f.GetResourceDisplayName() != "" && f.GetItem().GetPath() == "Inbox"
		}
		if !hit {
			t.Errorf("search in %s for %s found %v", parent, want, found)
		}
	}
	if _, err := p.search(&restorev1.SearchItemsRequest{Parent: resource, Query: " "}); !fault.Is(err, fault.Invalid) {
		t.Errorf("empty query: %v", err)
	}
	if found, err := p.search(&restorev1.SearchItemsRequest{Parent: "connections/" + string(p.connection), Query: "@", Limit: 3}); err != nil || len(found) != 3 {
		t.Errorf("limit: %d, %v", len(found), err)
	}
	if now := p.tenant.Ledger.Report().Total.Requests; now != calls {
		t.Errorf("looking into snapshots made %d calls to Graph", now-calls)
	}
}

// walk counts what is below a folder.
func walk(p *place, snapshot, path string) (folders, messages int) {
	p.Helper()
	for _, item := range p.list(&restorev1.ListItemsRequest{Snapshot: snapshot, Path: path, PageSize: 3}) {
		if item.GetKind() != restorev1.ItemKind_ITEM_KIND_FOLDER {
			messages++
			continue
		}
		below := strings.TrimPrefix(path+"/"+strings.ReplaceAll(item.GetTitle(), "/", "%2F"), "/")
		f, m := walk(p, snapshot, below)
		folders, messages = folders+1+f, messages+m
	}
	return folders, messages
}
