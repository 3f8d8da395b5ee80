package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Browse answers BrowseService.
type Browse struct {
	restorev1.UnimplementedBrowseServiceServer
	resources Resources
	archive   snapshot.Archive
}

// NewBrowse returns the service over what is protected and its vaults.
func NewBrowse(resources Resources, archive snapshot.Archive) *Browse {
	return &Browse{resources: resources, archive: archive}
}

// ListSnapshots implements BrowseService.
func (b *Browse) ListSnapshots(ctx context.Context, request *restorev1.ListSnapshotsRequest) (*restorev1.ListSnapshotsResponse, error) {
	n, err := parseName(request.GetParent(), resourceForm)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize(), 1000)
	if err != nil {
		return nil, err
	}
	resource, err := b.resources.Get(ctx, n.connection, n.resource)
	if err != nil {
		return nil, err
	}
	all, err := b.archive.Snapshots(ctx, resource)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	page, next, err := pager(all, size, request.GetPageToken())
	if err != nil {
		return nil, err
	}
	reply := &restorev1.ListSnapshotsResponse{NextPageToken: next}
	for _, one := range page {
		reply.Snapshots = append(reply.Snapshots, snapshotMessage(resource, one))
	}
	return reply, nil
}

var workloads = map[m365.Workload]typev1.Workload{
	m365.Mail: typev1.Workload_WORKLOAD_MAIL, m365.Files: typev1.Workload_WORKLOAD_FILES,
}

func snapshotMessage(resource snapshot.Resource, one snapshot.Info) *restorev1.Snapshot {
	return &restorev1.Snapshot{
		Name: snapshotName(resource, one), CreateTime: timestamppb.New(one.Time), Workload: workloads[resource.Workload],
		Items: one.Items, Failed: one.Failed, Complete: one.Complete,
		Added: one.Added, Changed: one.Changed, Deleted: one.Deleted, BytesStored: one.BytesStored,
	}
}

// ListItems implements BrowseService.
func (b *Browse) ListItems(ctx context.Context, request *restorev1.ListItemsRequest) (*restorev1.ListItemsResponse, error) {
	size, err := pageSize(request.GetPageSize(), 1000)
	if err != nil {
		return nil, err
	}
	order, err := snapshot.ParseOrder(request.GetOrderBy())
	if err != nil {
		return nil, err
	}
	o, err := open(ctx, b.resources, b.archive, request.GetSnapshot())
	if err != nil {
		return nil, err
	}
	listing, err := snapshot.Page(ctx, o.reader, o.tree, snapshot.Wanted{
		Path: request.GetPath(), Order: order, Token: request.GetPageToken(), Limit: size,
	})
	if err != nil {
		return nil, err
	}
	reply := &restorev1.ListItemsResponse{NextPageToken: listing.Next}
	for _, folder := range listing.Folders {
		reply.Items = append(reply.Items, folderMessage(folder, listing.Path))
	}
	for _, item := range listing.Items {
		reply.Items = append(reply.Items, itemMessage(item, listing.Path))
	}
	return reply, nil
}

func folderMessage(folder snapshot.Folder, path string) *restorev1.Item {
	return &restorev1.Item{
		Id: folder.ID, Kind: restorev1.ItemKind_ITEM_KIND_FOLDER, Title: folder.Name, Path: path,
		Problem: problem(folder.Problem), Incomplete: folder.Problem != nil,
	}
}

// problem is what is missing of an item or folder; nil for nothing.
func problem(p *snapshot.Problem) *typev1.Problem {
	if p == nil {
		return nil
	}
	return &typev1.Problem{Reason: p.Reason, Cause: p.Cause, Next: p.Next()}
}

var kinds = map[snapshot.Kind]restorev1.ItemKind{
	snapshot.Message: restorev1.ItemKind_ITEM_KIND_MESSAGE, snapshot.File: restorev1.ItemKind_ITEM_KIND_FILE,
}

func itemMessage(item snapshot.Item, path string) *restorev1.Item {
	m := &restorev1.Item{
		Id: item.ID, Kind: kinds[item.Kind], Title: item.Title, Path: path, Sender: address(item.Sender),
		Size: item.Size, HasAttachments: item.Attachments,
		Problem: problem(item.Problem), Incomplete: item.Problem != nil && item.Problem.Held,
	}
	if !item.Time.IsZero() {
		m.Time = timestamppb.New(item.Time)
	}
	return m
}

// address is the address in "Ada Lovelace <ada@example.com>".
func address(sender string) string {
	if at := strings.LastIndexByte(sender, '<'); at >= 0 {
		return strings.TrimSuffix(sender[at+1:], ">")
	}
	return sender
}

// SearchItems implements BrowseService.
func (b *Browse) SearchItems(request *restorev1.SearchItemsRequest, stream grpc.ServerStreamingServer[restorev1.SearchItemsResponse]) error {
	limit, err := pageSize(request.GetLimit(), 10_000)
	if err != nil {
		return err
	}
	if strings.TrimSpace(request.GetQuery()) == "" {
		return fault.New(fault.Invalid, "search", "the query is empty", fault.Next("give a word of the subject, the sender or the name"))
	}
	var unread error // one resource that cannot be read does not hide what is in the others
	for o, err := range b.searched(stream.Context(), request.GetParent()) {
		found := 0
		if err == nil {
			found, err = search(o, request.GetQuery(), limit, stream)
		}
		if stream.Context().Err() != nil {
			return err
		}
		unread = cmp.Or(unread, err)
		if limit -= found; limit == 0 {
			break
		}
	}
	return fault.Wrap("search", unread)
}

// search sends what one snapshot has, at most limit finds, and returns how many.
func search(o opened, query string, limit int, stream grpc.ServerStreamingServer[restorev1.SearchItemsResponse]) (int, error) {
	found := 0
	for item, err := range o.reader.Search(stream.Context(), query) {
		if err != nil {
			return found, err
		}
		err = stream.Send(&restorev1.SearchItemsResponse{
			Item: itemMessage(item, o.tree.Path(item.Folder)), Snapshot: o.name(), ResourceDisplayName: o.resource.Address,
		})
		if err != nil {
			return found, err
		}
		if found++; found == limit {
			break
		}
	}
	return found, nil
}

// searched yields the snapshots to search: one, or the newest of a resource or of all resources.
func (b *Browse) searched(ctx context.Context, parent string) func(yield func(opened, error) bool) {
	return func(yield func(opened, error) bool) {
		if strings.Contains(parent, "/snapshots/") {
			yield(open(ctx, b.resources, b.archive, parent))
			return
		}
		if strings.Contains(parent, "/resources/") {
			yield(open(ctx, b.resources, b.archive, parent+"/snapshots/latest"))
			return
		}
		n, err := parseName(parent, connectionForm)
		if err != nil {
			yield(opened{}, err)
			return
		}
		all, err := b.resources.List(ctx, n.connection)
		if err != nil {
			yield(opened{}, err)
			return
		}
		for _, resource := range all {
			o, err := openSnapshot(ctx, b.archive, resource, "latest")
			if fault.Is(err, fault.NotFound) {
				continue // not backed up yet
			}
			if !yield(o, err) {
				return
			}
		}
	}
}
