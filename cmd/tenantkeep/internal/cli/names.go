package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// prefixed accepts a resource name with or without its collection: standard is profiles/standard.
func prefixed(collection, name string) string {
	if name == "" || strings.Contains(name, "/") {
		return name
	}
	return collection + "/" + name
}

// theConnection returns the resource name of a connection given by name, id or display name;
// empty text means the only one there is.
func (a *app) theConnection(ctx context.Context, text string) (string, error) {
	if strings.HasPrefix(text, "connections/") {
		return text, nil
	}
	service, err := a.connections()
	if err != nil {
		return "", err
	}
	all, err := every(ctx, &authv1.ListConnectionsRequest{}, service.ListConnections)
	if err != nil {
		return "", err
	}
	var found []string
	for _, c := range all.GetConnections() {
		if text == "" || c.GetName() == "connections/"+text || strings.EqualFold(c.GetDisplayName(), text) {
			found = append(found, c.GetName())
		}
	}
	return one("connection", text, found, "see: tenantkeep connection list")
}

// theResource returns the resource name of a mailbox or drive given by name or as mail:ADDRESS or
// files:ADDRESS.
func (a *app) theResource(ctx context.Context, text string) (string, error) {
	if strings.HasPrefix(text, "connections/") {
		return text, nil
	}
	workload, address, ok := strings.Cut(text, ":")
	kind, known := typev1.Workload_value["WORKLOAD_"+strings.ToUpper(workload)]
	if !ok || !known || address == "" {
		return "", wrong(fmt.Sprintf("%q names no resource", text), "write mail:ADDRESS, files:ADDRESS or a name from: tenantkeep resource list")
	}
	service, err := a.resources()
	if err != nil {
		return "", err
	}
	all, err := every(ctx, &backupv1.ListResourcesRequest{Parent: "connections/-", Workload: typev1.Workload(kind), Query: address}, service.ListResources)
	if err != nil {
		return "", err
	}
	var found []string
	for _, r := range all.GetResources() {
		if strings.EqualFold(r.GetDisplayName(), address) {
			found = append(found, r.GetName())
		}
	}
	return one("resource", text, found, "see: tenantkeep resource list")
}

// theSnapshot returns the resource name of a snapshot given by name, or as RESOURCE/SEQUENCE, or
// as RESOURCE for its newest.
func (a *app) theSnapshot(ctx context.Context, text string) (string, error) {
	if strings.HasPrefix(text, "connections/") {
		if strings.Contains(text, "/snapshots/") {
			return text, nil
		}
		return text + "/snapshots/latest", nil
	}
	resource, sequence, numbered := strings.Cut(text, "/")
	if !numbered {
		sequence = "latest"
	}
	name, err := a.theResource(ctx, resource)
	return name + "/snapshots/" + sequence, err
}

func one(what, text string, found []string, next string) (string, error) {
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && text == "":
		return "", fault.New(fault.NotFound, "find "+what, "there is none yet", fault.Next("add one with: tenantkeep "+what+" add"))
	case len(found) == 0:
		return "", fault.New(fault.NotFound, "find "+what, fmt.Sprintf("there is none called %q", text), fault.Next(next))
	default:
		return "", fault.New(fault.Invalid, "find "+what, fmt.Sprintf("%q could be %s", text, strings.Join(found, " or ")), fault.Next("use one of these names"))
	}
}
