package directory

import "github.com/tenantkeep/tenantkeep/sim/wire"

// Permissions that suffice, as each page of the reference lists them (application column).
var (
	readUsers   = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeUsers  = []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}
	readGroups  = []string{"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeGroups = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}
	readMembers = append([]string{"GroupMember.Read.All", "GroupMember.ReadWrite.All"}, readGroups...)
	writeMember = append([]string{"GroupMember.ReadWrite.All"}, writeGroups...)
	readObjects = append([]string{"User.Read.All", "User.ReadWrite.All"}, readGroups...)
	restoring   = append([]string{"User.ReadWrite.All"}, writeGroups...)
	licences    = []string{"LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"}
	readTenant  = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All"}
	readSkus    = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "LicenseAssignment.ReadWrite.All"}
	readDomains = []string{"Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}

	writeDomains = []string{"Domain.ReadWrite.All"}
)

// Routes are the calls that the directory answers. Units are those of
// https://learn.microsoft.com/graph/throttling-limits (identity and access).
func (s *Store) Routes() []wire.Route {
	routes := []wire.Route{
		{Method: "GET", Path: "/organization", Roles: readTenant, Serve: s.listOrganizations},
		{Method: "GET", Path: "/organization/{organization}", Roles: readTenant, Serve: s.readOrganization},
		{Method: "GET", Path: "/domains", Roles: readDomains, Serve: s.listDomains},
		{Method: "POST", Path: "/domains", Roles: writeDomains, Serve: s.addDomain},
		{Method: "GET", Path: "/domains/{domain}", Roles: readDomains, Serve: s.onDomain(s.readDomain)},
		{Method: "DELETE", Path: "/domains/{domain}", Roles: writeDomains, Serve: s.onDomain(s.removeDomain)},
		{Method: "POST", Path: "/domains/{domain}/verify", Roles: writeDomains, Serve: s.onDomain(s.verifyDomain)},
		{Method: "GET", Path: "/domains/{domain}/verificationDnsRecords", Roles: readDomains, Serve: s.onDomain(s.verificationRecords)},
		{Method: "GET", Path: "/subscribedSkus", Roles: readSkus, Units: 3, Serve: s.listSkus},
		{Method: "GET", Path: "/subscribedSkus/{sku}", Roles: readSkus, Units: 3, Serve: s.readSku},
		{Method: "POST", Path: "/directoryObjects/getByIds", Roles: readObjects, Units: 5, Serve: s.getByIds},
		{Method: "GET", Path: "/directoryObjects/{object}", Roles: readObjects, Serve: s.readAny},
		{Method: "GET", Path: "/users/{user}/licenseDetails", Roles: readUsers, Units: 2, Serve: s.licenceDetails},
		{Method: "POST", Path: "/users/{user}/assignLicense", Roles: licences, Serve: s.assignLicence},
		{Method: "POST", Path: "/users/{user}/revokeSignInSessions", Roles: writeUsers, Serve: s.revoke},
		{Method: "GET", Path: "/users/{user}/memberOf", Roles: readUsers, Units: 2, Serve: s.memberOf(User, false)},
		{Method: "GET", Path: "/users/{user}/transitiveMemberOf", Roles: readUsers, Units: 2, Serve: s.memberOf(User, true)},
		{Method: "GET", Path: "/groups/{group}/memberOf", Roles: readMembers, Units: 2, Serve: s.memberOf(Group, false)},
		{Method: "GET", Path: "/users/{user}/manager", Roles: readUsers, Serve: s.readManager},
		{Method: "PUT", Path: "/users/{user}/manager/$ref", Roles: writeUsers, Serve: s.setManager},
		{Method: "GET", Path: "/groups/{group}/members", Roles: readMembers, Units: 3, Serve: s.listMembers("", false)},
		{Method: "GET", Path: "/groups/{group}/members/user", Roles: readMembers, Units: 3, Serve: s.listMembers(User, false)},
		{Method: "GET", Path: "/groups/{group}/transitiveMembers", Roles: readMembers, Units: 5, Serve: s.listMembers("", true)},
		{Method: "POST", Path: "/groups/{group}/members/$ref", Roles: writeMember, Serve: s.addMember},
		{Method: "DELETE", Path: "/groups/{group}/members/{member}/$ref", Roles: writeMember, Serve: s.removeMember},
		{Method: "GET", Path: "/directory/deletedItems/user", Roles: readUsers, Serve: s.listDeleted(User)},
		{Method: "GET", Path: "/directory/deletedItems/group", Roles: readGroups, Serve: s.listDeleted(Group)},
		{Method: "POST", Path: "/directory/deletedItems/{object}/restore", Roles: restoring, Serve: s.restore},
		{Method: "GET", Path: "/directory/deletedItems/{object}", Roles: readObjects, Serve: s.readDeleted},
		{Method: "DELETE", Path: "/directory/deletedItems/{object}", Roles: restoring, Serve: s.purge},
	}
	routes = append(routes, s.kindRoutes(User, readUsers, writeUsers)...)
	routes = append(routes, s.kindRoutes(Group, readGroups, writeGroups)...)
	for i := range routes {
		routes[i].Service = wire.Directory
	}
	return routes
}

func (s *Store) kindRoutes(kind Kind, read, write []string) []wire.Route {
	set, one := "/"+collections[kind], "/"+collections[kind]+"/{"+string(kind)+"}"
	units := 1
	if kind == User {
		units = 2
	}
	return []wire.Route{
		{Method: "GET", Path: set, Roles: read, Units: units, Serve: s.list(kind)},
		{Method: "GET", Path: set + "/$count", Roles: read, Serve: s.count(kind)},
		{Method: "GET", Path: set + "/delta", Roles: read, Units: units, Serve: s.delta(kind)},
		{Method: "GET", Path: one, Roles: read, Serve: s.read(kind)},
		{Method: "POST", Path: set, Roles: write, Serve: s.create(kind)},
		{Method: "PATCH", Path: one, Roles: write, Serve: s.update(kind)},
		{Method: "DELETE", Path: one, Roles: write, Serve: s.remove(kind)},
	}
}

// revoke answers POST /users/{user}/revokeSignInSessions.
func (s *Store) revoke(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.get(User, c.Param("user")); err != nil {
		return err
	}
	b := wire.AppendString([]byte(`{"@odata.context":`), c.Context("Edm.Boolean"))
	return c.JSON(200, append(b, `,"value":true}`...))
}
