package walk

import "context"

// licence is the SKU that includes a mailbox and a drive: Microsoft 365 E3.
const licence = "05e9a617-0261-4cee-bb44-138d3ef5d965"

// walkUsers reads the directory and makes the user that the rest works with; it returns the id.
func (c *client) walkUsers(ctx context.Context) string {
	c.get(ctx, "/organization/"+c.get(ctx, "/organization").first().text("id"))
	domain := c.get(ctx, "/domains").first().text("id")
	c.get(ctx, "/subscribedSkus/"+c.get(ctx, "/subscribedSkus").first().text("id"))
	c.walkDomains(ctx)
	colleague := c.get(ctx, "/users?$top=3&$select=id,displayName,userPrincipalName").first()
	manager := colleague.text("id")
	c.colleague = colleague.text("userPrincipalName")
	c.get(ctx, "/users/$count", "ConsistencyLevel", "eventual")
	c.get(ctx, "/users/delta?$select=displayName,accountEnabled")
	user := c.post(ctx, "/users", object{
		"accountEnabled": true, "displayName": "Ada Walker", "mailNickname": "ada.walker", "userPrincipalName": "ada.walker@" + domain,
		"passwordProfile": object{"password": "a-Made-up-1", "forceChangePasswordNextSignIn": true},
	}).text("id")
	one := "/users/" + user
	c.patch(ctx, one, object{"usageLocation": "DE", "department": "Walks"})
	c.post(ctx, one+"/assignLicense", object{"addLicenses": []object{{"skuId": licence, "disabledPlans": []string{}}}, "removeLicenses": []string{}})
	c.get(ctx, one+"/licenseDetails")
	c.get(ctx, one)
	c.graph(ctx, "PUT", one+"/manager/$ref", object{"@odata.id": "https://graph.microsoft.com/v1.0/users/" + manager})
	c.get(ctx, one+"/manager")
	c.post(ctx, one+"/revokeSignInSessions", nil)
	return user
}

// walkDomains adds a domain, verifies it, and removes it.
func (c *client) walkDomains(ctx context.Context) {
	const one = "/domains/walks.example"
	c.post(ctx, "/domains", object{"id": "walks.example"})
	c.get(ctx, one)
	c.get(ctx, one+"/verificationDnsRecords")
	c.post(ctx, one+"/verify", nil)
	c.delete(ctx, one)
}

// walkGroups makes a group with the user in it, and removes it for good.
func (c *client) walkGroups(ctx context.Context, user string) {
	group := c.post(ctx, "/groups", object{
		"displayName": "Walkers", "mailEnabled": false, "mailNickname": "walkers", "securityEnabled": true}).text("id")
	one := "/groups/" + group
	c.get(ctx, one)
	c.patch(ctx, one, object{"description": "Those who walk"})
	c.post(ctx, one+"/members/$ref", object{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/" + user})
	c.get(ctx, one+"/members")
	c.get(ctx, one+"/members/microsoft.graph.user")
	c.get(ctx, one+"/transitiveMembers")
	c.get(ctx, "/users/"+user+"/memberOf")
	c.get(ctx, "/users/"+user+"/transitiveMemberOf")
	c.get(ctx, one+"/memberOf")
	c.get(ctx, "/directoryObjects/"+group)
	c.post(ctx, "/directoryObjects/getByIds", object{"ids": []string{user, group}, "types": []string{"user", "group"}})
	c.get(ctx, "/groups?$select=id,displayName")
	c.get(ctx, "/groups/$count", "ConsistencyLevel", "eventual")
	c.get(ctx, "/groups/delta?$select=displayName,members")
	c.delete(ctx, one+"/members/"+user+"/$ref")
	c.delete(ctx, one)
	c.get(ctx, "/directory/deletedItems/microsoft.graph.group")
	c.delete(ctx, "/directory/deletedItems/"+group)
}

// walkDeleted deletes the user, brings it back, and deletes it for good.
func (c *client) walkDeleted(ctx context.Context, user string) {
	c.delete(ctx, "/users/"+user)
	c.get(ctx, "/directory/deletedItems/microsoft.graph.user")
	c.get(ctx, "/directory/deletedItems/"+user)
	c.post(ctx, "/directory/deletedItems/"+user+"/restore", nil)
	c.delete(ctx, "/users/"+user)
	c.delete(ctx, "/directory/deletedItems/"+user)
}
