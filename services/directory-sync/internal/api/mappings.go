package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// Mappings is the MappingService.
type Mappings struct {
	directoryv1.UnimplementedMappingServiceServer
	directory *outbox.Directory
	runner    *run.Runner
}

// NewMappings returns the service.
func NewMappings(directory *outbox.Directory, runner *run.Runner) *Mappings {
	return &Mappings{directory: directory, runner: runner}
}

// CreateMapping saves a mapping; the users whom it chooses come in with the sync that follows.
func (m *Mappings) CreateMapping(ctx context.Context, request *directoryv1.CreateMappingRequest) (*directoryv1.CreateMappingResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	if err := m.directory.HasConnection(ctx, connection); err != nil {
		return nil, err
	}
	id := mappingID(connection, request.GetRequestId())
	mapping := proto.Clone(request.GetMapping()).(*directoryv1.Mapping)
	if mapping, err = m.complete(ctx, connection, mapping, id); err != nil {
		return nil, err
	}
	created, err := m.directory.CreateMapping(ctx, connection, mapping, actor(ctx))
	if fault.Is(err, fault.Exists) { // the same request again
		created, err = m.get(connection, string(id))
	}
	return &directoryv1.CreateMappingResponse{Mapping: created}, err
}

// complete checks a mapping that a caller made and fills in what is ours to say.
func (m *Mappings) complete(ctx context.Context, connection m365.ConnectionID, mapping *directoryv1.Mapping, id m365.MappingID) (*directoryv1.Mapping, error) {
	if mapping == nil {
		return nil, fault.New(fault.Invalid, "check mapping", "there is no mapping in the request")
	}
	mapping.Name = "connections/" + string(connection) + "/mappings/" + string(id)
	mapping.Revision, mapping.Change = 0, nil
	if mapping.Priority == 0 {
		mapping.Priority = m.lastPriority(connection) + 10
	}
	return mapping, m.check(ctx, mapping)
}

func (m *Mappings) lastPriority(connection m365.ConnectionID) int32 {
	last := int32(0)
	for entity := range m.directory.Mappings.All(connection) {
		last = max(last, entity.Value.GetPriority())
	}
	return last
}

// mappingID is the same for the same request, so that it can be repeated.
func mappingID(connection m365.ConnectionID, requestID string) m365.MappingID {
	if requestID == "" {
		requestID = rand.Text()
	}
	sum := sha256.Sum256([]byte(string(connection) + "\x00" + requestID))
	return m365.MappingID(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10])))
}

// GetMapping reads one mapping.
func (m *Mappings) GetMapping(_ context.Context, request *directoryv1.GetMappingRequest) (*directoryv1.GetMappingResponse, error) {
	connection, id, err := childNamed(request.GetName(), "mappings")
	if err != nil {
		return nil, err
	}
	mapping, err := m.get(connection, id)
	return &directoryv1.GetMappingResponse{Mapping: mapping}, err
}

func (m *Mappings) get(connection m365.ConnectionID, id string) (*directoryv1.Mapping, error) {
	entity, ok := m.directory.Mappings.Get(connection, id)
	if !ok {
		return nil, noMapping(id)
	}
	return entity.Value, nil
}

func noMapping(id string) error {
	return fault.New(fault.NotFound, "find mapping", "mapping "+id+" is not there", fault.Reason("MAPPING_NOT_FOUND"),
		fault.Next("see which mappings there are: tenantkeep mapping list"))
}

// ListMappings pages through the mappings of a connection by priority.
func (m *Mappings) ListMappings(_ context.Context, request *directoryv1.ListMappingsRequest) (*directoryv1.ListMappingsResponse, error) {
	connection, err := connectionNamed(request.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(request.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := afterToken(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	response := &directoryv1.ListMappingsResponse{}
	for _, rule := range (outbox.Ours{Directory: m.directory}).Rules(connection) {
		if after != "" && place(rule) <= after {
			continue
		}
		if len(response.Mappings) == size {
			response.NextPageToken = pageToken(place(outbox.MappingOf(response.Mappings[size-1])))
			break
		}
		if mapping, err := m.get(connection, string(rule.ID)); err == nil { // else it was deleted just now
			response.Mappings = append(response.Mappings, mapping)
		}
	}
	return response, nil
}

// place sorts as rules do.
func place(rule directory.Mapping) string {
	priority := uint32(rule.Priority)
	return string([]byte{byte(priority >> 24), byte(priority >> 16), byte(priority >> 8), byte(priority)}) + string(rule.ID)
}
