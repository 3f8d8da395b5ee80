// Package names writes and reads the resource names of the API (AIP-122) that backup-worker deals
// with: connections/{connection}/resources/{resource} and the like. Text becomes an id here, once.
package names

import (
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// AnyConnection stands for all connections in a parent.
const AnyConnection = "-"

// Connection is the name of a connection.
func Connection(connection m365.ConnectionID) string { return "connections/" + string(connection) }

// Profile is the name of a profile.
func Profile(id m365.ProfileID) string { return "profiles/" + string(id) }

// Resource is the name of a resource.
func Resource(connection m365.ConnectionID, id m365.ResourceID) string {
	return Connection(connection) + "/resources/" + string(id)
}

// Snapshot is the name of a snapshot of a resource.
func Snapshot(connection m365.ConnectionID, id m365.ResourceID, snapshot string) string {
	return Resource(connection, id) + "/snapshots/" + snapshot
}

// Job is the name of a job.
func Job(connection m365.ConnectionID, id string) string {
	return Connection(connection) + "/jobs/" + id
}

// Restore is the name of a restore.
func Restore(connection m365.ConnectionID, id string) string {
	return Connection(connection) + "/restores/" + id
}

// ParseProfile reads profiles/{profile}.
func ParseProfile(name string) (m365.ProfileID, error) {
	parts, err := parse(name, "profiles")
	if err != nil {
		return "", err
	}
	return m365.ProfileID(parts[0]), nil
}

// ParseConnection reads connections/{connection}.
func ParseConnection(name string) (m365.ConnectionID, error) {
	parts, err := parse(name, "connections")
	if err != nil {
		return "", err
	}
	return m365.ConnectionID(parts[0]), nil
}

// ParseParent reads connections/{connection}; connections/- is "", all of them.
func ParseParent(name string) (m365.ConnectionID, error) {
	connection, err := ParseConnection(name)
	if connection == AnyConnection {
		connection = ""
	}
	return connection, err
}

// ParseResource reads connections/{connection}/resources/{resource}.
func ParseResource(name string) (m365.ConnectionID, m365.ResourceID, error) {
	parts, err := parse(name, "connections", "resources")
	if err != nil {
		return "", "", err
	}
	return m365.ConnectionID(parts[0]), m365.ResourceID(parts[1]), nil
}

// ParseSnapshot reads connections/{connection}/resources/{resource}/snapshots/{snapshot}; without
// the snapshot part that is "".
func ParseSnapshot(name string) (m365.ConnectionID, m365.ResourceID, string, error) {
	if strings.Count(name, "/") < 4 {
		connection, resource, err := ParseResource(name)
		return connection, resource, "", err
	}
	parts, err := parse(name, "connections", "resources", "snapshots")
	if err != nil {
		return "", "", "", err
	}
	return m365.ConnectionID(parts[0]), m365.ResourceID(parts[1]), parts[2], nil
}

// ParseJob reads connections/{connection}/jobs/{job}.
func ParseJob(name string) (m365.ConnectionID, string, error) {
	parts, err := parse(name, "connections", "jobs")
	if err != nil {
		return "", "", err
	}
	return m365.ConnectionID(parts[0]), parts[1], nil
}

// Last is the last part of a name that this service wrote itself.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// parse returns the ids of a name, each of which follows its collection.
func parse(name string, collections ...string) ([]string, error) {
	parts := strings.Split(name, "/")
	ids := make([]string, 0, len(collections))
	for i, collection := range collections {
		if len(parts) != 2*len(collections) || parts[2*i] != collection || !valid(parts[2*i+1]) {
			return nil, fault.New(fault.Invalid, "read name", strconv.Quote(name)+" is no name of that kind",
				fault.Next("write it as "+pattern(collections)))
		}
		ids = append(ids, parts[2*i+1])
	}
	return ids, nil
}

// valid refuses what cannot be a token of a subject.
func valid(id string) bool {
	return id != "" && len(id) <= 200 && !strings.ContainsAny(id, ". *>\t\r\n")
}

func pattern(collections []string) string {
	var out strings.Builder
	for i, collection := range collections {
		if i > 0 {
			out.WriteByte('/')
		}
		out.WriteString(collection + "/{" + strings.TrimSuffix(collection, "s") + "}")
	}
	return out.String()
}
