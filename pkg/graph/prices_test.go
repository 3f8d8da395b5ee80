package graph

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
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
	} {
		price := p.of(httptest.NewRequest(test.method, "http://graph"+test.path, nil), "graph")
		if price.Scope != test.scope || price.Charges[0].Units != test.units {
			t.Errorf("%s %s: %s %d, want %s %d", test.method, test.path, price.Scope, price.Charges[0].Units, test.scope, test.units)
		}
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

func TestLimitsFollowTheTenantsSize(t *testing.T) {
	for _, test := range []struct {
		size              Size
		directory, minute int64
	}{
		{Size{}, 3_500, 1_250},
		{Size{Users: 50, Licences: 1_000}, 5_000, 1_250},
		{Size{Users: 501, Licences: 1_001}, 8_000, 2_500},
		{Size{Users: 1_000_000, Licences: 1_000_000}, 8_000, 6_250},
	} {
		p := pricesFor(test.size)
		if p.directory.Units != test.directory || p.minute.Units != test.minute {
			t.Errorf("%+v: %d, %d", test.size, p.directory.Units, p.minute.Units)
		}
	}
	for _, limit := range []ratelimit.Limit{directoryWrites, pricesFor(Size{Users: 1_000_000}).directory} {
		if float64(limit.Units)*float64(limit.Per.Microseconds()) >= 1<<53 {
			t.Errorf("%+v is beyond what the ledger computes exactly", limit)
		}
	}
}
