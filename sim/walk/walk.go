package walk

import (
	"context"
	"slices"
)

// Run calls every route of the tenant at an address.
func Run(ctx context.Context, address string) error {
	c := newClient(address)
	c.login(ctx)
	user := c.walkUsers(ctx)
	c.walkGroups(ctx, user)
	c.walkMailbox(ctx, user)
	c.walkDrive(ctx, user)
	c.walkSubscriptions(ctx, user)
	c.walkBatch(ctx, user)
	c.walkDeleted(ctx, user)
	return c.err
}

// walkBatch sends two requests in one.
func (c *client) walkBatch(ctx context.Context, user string) {
	c.post(ctx, "/$batch", object{"requests": []object{
		{"id": "1", "method": "GET", "url": "/users/" + user + "?$select=id,displayName"},
		{"id": "2", "method": "GET", "url": "/users/" + user + "/mailFolders?$top=5", "dependsOn": []string{"1"}},
	}})
}

// Untouched lists the routes of the tenant at an address that its ledger does not know, sorted.
func Untouched(ctx context.Context, address string) ([]string, error) {
	c := newClient(address)
	var routes []string
	c.list(ctx, "/sim/routes", &routes)
	called, _ := c.plain(ctx, "GET", "/sim/ledger", "", nil)["routes"].(map[string]any)
	slices.Sort(routes)
	return slices.DeleteFunc(slices.Compact(routes), func(route string) bool { return called[route] != nil }), c.err
}
