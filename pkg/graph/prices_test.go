package graph

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestPrices(t *testing.T) {
	p := pricesFor(Size{})
	for _, test := range []struct {
		method, path, scope string
		units               int64
	}{
		{"GET", "/v1.0/users/u1/messages", "mail/u1", 1},
		{"GET", "/v1.0/users/u1/mailFolders/f/messages/delta?$deltatoken=x", "mail/u1", 1},
		{"POST", "/v1.0/users/u1/messages/m/attachments", "mail/u1", 1},
		{"GET", "/v1.0/users/u1/drive", "files", 1},
		{"GET", "/v1.0/drives/d/root/delta", "files", 2},
		{"GET", "/v1.0/drives/d/root/delta?token=x", "files", 1},
		{"GET", "/v1.0/drives/d/root/delta(token='x')", "files", 1},
		{"GET", "/v1.0/drives/d/items/i", "files", 1},
		{"GET", "/v1.0/drives/d/items/i/content", "files", 1},
		{"GET", "/v1.0/drives/d/items/i/children", "files", 2},
		{"GET", "/v1.0/drives/d/items/i/permissions", "files", 5},
		{"GET", "/v1.0/drives/d/items/i?$expand=permissions", "files", 5},
		{"PUT", "/v1.0/drives/d/items/i/content", "files", 2},
		{"DELETE", "/v1.0/drives/d/items/i", "files", 2},
		{"GET", "/v1.0/users/u1", "directory", 1},
		{"GET", "/v1.0/users", "directory", 2},
		{"GET", "/v1.0/users/delta()?$select=id", "directory", 1},
		{"GET", "/v1.0/users?$top=5&$select=id", "directory", 1},
		{"GET", "/v1.0/groups/7a9d3f52-0000/members", "directory", 3},
		{"GET", "/v1.0/groups/7a9d3f52-0000/transitiveMembers", "directory", 5},
		{"GET", "/v1.0/users/u1/licenseDetails", "directory", 2},
		{"GET", "/v1.0/organization", "directory", 1},
		{"PATCH", "/v1.0/users/u1", "directory", 1},
		{"GET", "/v1.0/users('u1')/mailFolders('f')/messages/delta?$skiptoken=x", "mail/u1", 1},
		{"GET", "/v1.0/drives('d')/root/delta(token='x')", "files", 1},
		{"GET", "/v1.0/drives/d/items/i:/a%20name:/content", "files", 1},
		{"POST", "/v1.0/drives/d/items/i/invite", "files", 5},
		{"GET", "/v1.0/teams/t/channels/c/messages/delta", "teams", 1},
		{"POST", "/v1.0/subscriptions", "subscriptions", 1},
		{"GET", "/v1.0/nobody/knows", "directory", 5},
	} {
		price := p.of(httptest.NewRequest(test.method, "http://graph"+test.path, nil), "graph")
		if price.Scope != test.scope || price.Charges[0].Units != test.units {
			t.Errorf("%s %s: %s %d, want %s %d", test.method, test.path, price.Scope, price.Charges[0].Units, test.scope, test.units)
		}
	}
	if nobody, _ := url.Parse("/v1.0/nobody/knows"); Priced(http.MethodGet, nobody) {
		t.Error("a price for what nobody knows")
	}
	if price := p.of(httptest.NewRequest(http.MethodGet, "http://elsewhere/x", nil), "graph"); price.Scope != "files" {
		t.Errorf("a pre-authenticated address: %+v", price)
	}
}

func TestMailboxesHaveFourSlotsAndCountWhatGoesUp(t *testing.T) {
	price := MailboxPrice("u", 20, 5<<20)
	if price.Slots != 4 || price.SlotsMax != 4 || len(price.Charges) != 2 || price.Charges[0].Units != 20 || price.Charges[1].Units != 5<<20 {
		t.Errorf("%+v", price)
	}
}
