package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// People finds users of a tenant; fault.NotFound.
type People interface {
	Person(ctx context.Context, connection m365.ConnectionID, who string) (snapshot.Person, error)
}

// Canceller ends jobs.
type Canceller interface {
	Cancel(ctx context.Context, job jobs.Job) (waiting bool, err error)
}

// Restores answers RestoreService.
type Restores struct {
	restorev1.UnimplementedRestoreServiceServer
	Resources Resources
	Archive   snapshot.Archive
	People    People
	Book      *outbox.Book
	View      *state.Projection[*restorev1.Restore]
	Queue     Canceller
	Log       *slog.Logger
}

// StartRestore implements RestoreService. Everything is checked before the restore is written, so
// that what can be known to fail fails here.
func (s *Restores) StartRestore(ctx context.Context, request *restorev1.StartRestoreRequest) (*restorev1.StartRestoreResponse, error) {
	if err := checkSelections(request.GetSelections()); err != nil {
		return nil, err
	}
	n, err := parseName(request.GetSnapshot(), snapshotForm)
	if err != nil {
		return nil, err
	}
	id := restoreID(n.connection, request.GetRequestId())
	if request.GetRequestId() != "" {
		if there, err := s.Book.Get(ctx, n.connection, id); err == nil {
			return repeated(there.Value, request)
		}
	}
	restore, err := s.checked(ctx, request)
	if err != nil {
		return nil, err
	}
	base := "connections/" + string(n.connection)
	restore.Name, restore.Job = base+"/restores/"+id, base+"/jobs/"+id
	written, err := s.Book.Request(ctx, n.connection, id, restore, identity.CallerOf(ctx).String())
	if fault.Is(err, fault.Exists) {
		if written, err = s.Book.Get(ctx, n.connection, id); err == nil {
			return repeated(written.Value, request)
		}
	}
	if err != nil {
		return nil, err
	}
	return &restorev1.StartRestoreResponse{Restore: written.Value}, s.View.WaitFor(ctx, written.Sequence)
}

// repeated answers a request that was made before.
func repeated(there *restorev1.Restore, request *restorev1.StartRestoreRequest) (*restorev1.StartRestoreResponse, error) {
	same := there.GetConflict() == conflict(request) && len(there.GetSelections()) == len(request.GetSelections())
	for i, selection := range request.GetSelections() {
		same = same && proto.Equal(selection, there.GetSelections()[i])
	}
	if !same || !proto.Equal(there.GetTarget(), target(request)) {
		return nil, fault.New(fault.Exists, "start restore", "the request id was used for another restore",
			fault.Reason("REQUEST_ID_USED"), fault.Next("use a new request id for each restore"))
	}
	return &restorev1.StartRestoreResponse{Restore: there}, nil
}

// restoreID is random, or follows from the request id.
func restoreID(connection m365.ConnectionID, request string) string {
	if request == "" {
		var id [12]byte
		_, _ = rand.Read(id[:]) // never fails, says its documentation
		return hex.EncodeToString(id[:])
	}
	sum := sha256.Sum256([]byte(string(connection) + "\x00" + request))
	return hex.EncodeToString(sum[:12])
}

func checkSelections(selections []*restorev1.Selection) error {
	for _, s := range selections {
		if s.GetPath() == "" && s.GetItemId() == "" {
			return fault.New(fault.Invalid, "read selection", "a selection is empty", fault.Reason("EMPTY_SELECTION"),
				fault.Next("give it a path or an item id; for everything leave all selections out"))
		}
	}
	return nil
}

func conflict(request *restorev1.StartRestoreRequest) restorev1.ConflictPolicy {
	if policy := request.GetConflict(); policy != restorev1.ConflictPolicy_CONFLICT_POLICY_UNSPECIFIED {
		return policy
	}
	return restorev1.ConflictPolicy_CONFLICT_POLICY_SKIP
}

func target(request *restorev1.StartRestoreRequest) *restorev1.Target {
	if t := request.GetTarget(); t.GetKind() != nil {
		return t
	}
	return &restorev1.Target{Kind: &restorev1.Target_Original{Original: &restorev1.Original{}}}
}

// checked makes the restore that is asked for.
func (s *Restores) checked(ctx context.Context, request *restorev1.StartRestoreRequest) (*restorev1.Restore, error) {
	if _, known := restorev1.ConflictPolicy_name[int32(request.GetConflict())]; !known {
		return nil, fault.New(fault.Invalid, "read request", "the conflict policy is not known", fault.Next("use skip, copy or replace"))
	}
	o, err := open(ctx, s.Resources, s.Archive, request.GetSnapshot())
	if err != nil {
		return nil, err
	}
	if _, err := snapshot.Choose(ctx, o.reader, o.tree, outbox.Selectors(request.GetSelections())); err != nil {
		return nil, err
	}
	to, err := s.targetResource(ctx, o.resource, target(request))
	if err != nil {
		return nil, err
	}
	return &restorev1.Restore{
		Snapshot: o.name(), Selections: request.GetSelections(), Target: target(request), Conflict: conflict(request),
		TargetResource: to, DisplayName: o.resource.Address,
	}, nil
}

// targetResource names what is written to.
func (s *Restores) targetResource(ctx context.Context, source snapshot.Resource, to *restorev1.Target) (string, error) {
	switch kind := to.GetKind().(type) {
	case *restorev1.Target_Folder:
		if len(snapshot.Split(kind.Folder)) == 0 {
			return "", fault.New(fault.Invalid, "read target", "the target folder has no name", fault.Reason("EMPTY_TARGET"),
				fault.Next("give the path of a folder; it is made if it is not there"))
		}
		return source.Name(), nil
	case *restorev1.Target_User:
		if kind.User == "" {
			return "", fault.New(fault.Invalid, "read target", "the target user has no name", fault.Reason("EMPTY_TARGET"),
				fault.Next("give the address, the user principal name or the object id of a user of this tenant"))
		}
		person, err := s.People.Person(ctx, source.Connection, kind.User)
		if err != nil {
			return "", err
		}
		other := snapshot.Resource{Connection: source.Connection, ID: m365.ResourceID(string(source.Workload) + "-" + string(person.ID))}
		return other.Name(), nil
	default:
		return source.Name(), nil
	}
}

// GetRestore implements RestoreService.
func (s *Restores) GetRestore(ctx context.Context, request *restorev1.GetRestoreRequest) (*restorev1.GetRestoreResponse, error) {
	n, err := parseName(request.GetName(), restoreForm)
	if err != nil {
		return nil, err
	}
	restore, err := s.Book.Get(ctx, n.connection, n.restore)
	return &restorev1.GetRestoreResponse{Restore: restore.Value}, err
}

// ListRestores implements RestoreService.
func (s *Restores) ListRestores(ctx context.Context, request *restorev1.ListRestoresRequest) (*restorev1.ListRestoresResponse, error) {
	n, err := parseName(request.GetParent(), connectionForm)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize(), 1000)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.View.Ready():
	case <-ctx.Done():
		return nil, fault.As(fault.Transient, "list restores", ctx.Err(), fault.Next("try again in a moment: the service is starting"))
	}
	if n.connection == "-" {
		n.connection = ""
	}
	all := slices.SortedFunc(s.View.All(n.connection), func(a, b outbox.Restore) int {
		return cmp.Or(b.Value.GetCreateTime().AsTime().Compare(a.Value.GetCreateTime().AsTime()), cmp.Compare(a.Key.ID, b.Key.ID))
	})
	page, next, err := pager(all, size, request.GetPageToken())
	if err != nil {
		return nil, err
	}
	reply := &restorev1.ListRestoresResponse{NextPageToken: next}
	for _, restore := range page {
		reply.Restores = append(reply.Restores, restore.Value)
	}
	return reply, nil
}

// CancelRestore implements RestoreService.
func (s *Restores) CancelRestore(ctx context.Context, request *restorev1.CancelRestoreRequest) (*restorev1.CancelRestoreResponse, error) {
	n, err := parseName(request.GetName(), restoreForm)
	if err != nil {
		return nil, err
	}
	restore, err := s.Book.RequestCancel(ctx, n.connection, n.restore, identity.CallerOf(ctx).String())
	if err != nil {
		return nil, err
	}
	if restore.Value.GetCancelRequested() {
		// The wish is written; the word to the worker only makes it faster.
		if _, err := s.Queue.Cancel(ctx, outbox.Job(n.connection, n.restore, restore.Value)); err != nil {
			s.Log.WarnContext(ctx, "worker not told of the cancellation, it will see it", "restore", n.restore, "error", err)
		}
	}
	return &restorev1.CancelRestoreResponse{Restore: restore.Value}, nil
}
