package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

// listener is an endpoint that takes notices.
type listener struct {
	*httptest.Server
	notices chan object

	mu     sync.Mutex
	refuse int // notices to answer with 503
}

func listen(t *testing.T) *listener {
	l := &listener{notices: make(chan object, 100)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.refuse > 0 {
			l.refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var body object
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		for _, notice := range body.items() {
			l.notices <- notice
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) next(t *testing.T) object {
	t.Helper()
	select {
	case notice := <-l.notices:
		return notice
	case <-time.After(10 * time.Second):
		t.Fatal("no notice within ten seconds")
		return nil
	}
}

// silent fails if a notice came, once none is under way.
func (l *listener) silent(c *client) {
	c.t.Helper()
	for c.do("GET", "/sim/notifications", nil).want(200)["pending"] != 0.0 {
		c.t.Log("waiting for notices")
	}
	if len(l.notices) > 0 {
		c.t.Errorf("unexpected: %v", <-l.notices)
	}
}

// subscribed is a tenant of two users, with an endpoint and a clock.
func subscribed(t *testing.T) (*client, *listener, *time.Time) {
	now := time.Now()
	c := start(t, sim.Config{Users: 2, Mails: 20, Files: 20, Seed: 7, NotifyAgain: time.Millisecond, TokenLifetime: 10_000 * time.Hour, Now: func() time.Time { return now }})
	t.Cleanup(c.tenant.Close)
	return c, listen(t), &now
}

func (c *client) subscription(address, resource, types string) object {
	return object{"changeType": types, "notificationUrl": address, "lifecycleNotificationUrl": address + "/life", "resource": resource,
		"expirationDateTime": c.tenantNow().Add(time.Hour).UTC().Format(time.RFC3339), "clientState": "secret"}
}

func (c *client) tenantNow() time.Time {
	now, err := http.ParseTime(c.do("GET", "/organization", nil).header.Get("Date"))
	if err != nil {
		c.t.Fatal(err)
	}
	return now
}

func TestChangesOfMailAreNotified(t *testing.T) {
	c, l, _ := subscribed(t)
	user := c.user(0).text("id")
	all := c.do("POST", "/subscriptions", c.subscription(l.URL, "users/"+user+"/messages", "created,updated,deleted"), "Prefer", immutable).want(201)
	c.do("POST", "/users/"+c.user(1).text("id")+"/messages", object{"subject": "not theirs"}).want(201)
	message := c.do("POST", "/users/"+user+"/messages", object{"subject": "x"}, "Prefer", immutable).want(201).text("id")
	one := "/users/" + user + "/messages/" + message
	c.do("PATCH", one, object{"isRead": false}).want(200)
	c.do("DELETE", one, nil).want(204)
	for _, want := range []string{"created", "updated", "deleted"} {
		got := l.next(t)
		data, _ := got["resourceData"].(map[string]any)
		if got.text("changeType") != want || got.text("clientState") != "secret" || got.text("subscriptionId") != all.text("id") ||
			got.text("tenantId") != c.tenant.Tenant || got.text("resource") != "Users/"+user+"/Messages/"+message || data["id"] != message {
			t.Errorf("%s: %v", want, got)
		}
	}
	c.do("DELETE", "/subscriptions/"+all.text("id"), nil).want(204)
	c.do("POST", "/users/"+user+"/messages", object{"subject": "x"}).want(201)
	l.silent(c)
	c.do("POST", "/subscriptions", c.subscription(l.URL, "/users/"+user+"/mailFolders('inbox')/messages", "created")).want(201)
	c.do("POST", "/users/"+user+"/messages", object{"subject": "a draft"}).want(201)
	l.silent(c)
	c.do("POST", "/users/"+user+"/mailFolders/inbox/messages", object{"subject": "x"}).want(201)
	l.next(t)
}

func TestChangesOfDrivesUsersAndGroupsAreNotified(t *testing.T) {
	c, l, _ := subscribed(t)
	user := c.user(0).text("id")
	drive := c.driveOf(user)
	for resource, types := range map[string]string{drive[1:] + "/root": "updated", "users": "created,updated,deleted", "groups": "updated"} {
		c.do("POST", "/subscriptions", c.subscription(l.URL, resource, types)).want(201)
	}
	c.do("PUT", drive+"/root:/new.txt:/content", []byte("x")).want(201)
	if got := l.next(t); got.text("resource") != drive[1:]+"/root" || got.text("changeType") != "updated" {
		t.Errorf("%v", got)
	}
	c.do("POST", drive+"/root:/new.txt:/createLink", object{"type": "view"}).want(201)
	l.silent(c) // sharing is told to those who ask for it
	c.do("PATCH", "/users/"+user, object{"jobTitle": "x"}).want(204)
	if got := l.next(t); got.text("resource") != "Users/"+user || got.text("changeType") != "updated" {
		t.Errorf("%v", got)
	}
	group := c.do("POST", "/groups", newGroup("told", false)).want(201).text("id")
	l.next(t)
	c.do("POST", "/groups/"+group+"/members/$ref", c.reference(user)).want(204)
	data, _ := l.next(t)["resourceData"].(map[string]any)
	if diff := cmp.Diff([]any{map[string]any{"id": user}}, data["members@delta"]); diff != "" {
		t.Error(diff)
	}
	c.do("DELETE", "/users/"+user, nil).want(204)
	for { // the user's groups come first
		if got := l.next(t); got.text("changeType") == "deleted" && got.text("resource") == "Users/"+user {
			return
		}
	}
}

func TestNoticesAreTriedAgain(t *testing.T) {
	c, l, _ := subscribed(t)
	l.refuse = 4
	user := c.user(0).text("id")
	c.do("POST", "/subscriptions", c.subscription(l.URL, "users/"+user+"/messages", "created")).want(201)
	c.do("POST", "/users/"+user+"/messages", object{"subject": "x"}).want(201)
	l.next(t)
	l.silent(c)
}

func TestSubscriptionsEndAndAreRenewed(t *testing.T) {
	c, l, now := subscribed(t)
	given := c.subscription(l.URL, "users", "updated")
	id := c.do("POST", "/subscriptions", given).want(201).text("id")
	if again := c.do("POST", "/subscriptions", given); again.status != 409 {
		t.Errorf("the same once more: %d", again.status)
	}
	c.fault(object{"quirk": "renewal-redirected"})
	later := object{"expirationDateTime": now.Add(20 * 24 * time.Hour).UTC().Format(time.RFC3339)}
	if got := c.do("PATCH", "/subscriptions/"+id, later).want(200); got["expirationDateTime"] != later["expirationDateTime"] {
		t.Errorf("%v", got)
	}
	*now = now.Add(10 * 24 * time.Hour)
	c.do("GET", "/subscriptions/"+id, nil).want(200)
	*now = now.Add(11 * 24 * time.Hour)
	if got := c.do("GET", "/subscriptions/"+id, nil); got.status != 404 {
		t.Errorf("after its end: %d", got.status)
	}
	c.do("PATCH", "/users/"+c.user(0).text("id"), object{"jobTitle": "x"}).want(204)
	l.silent(c)
}

func TestLifecycleNotices(t *testing.T) {
	c, l, _ := subscribed(t)
	id := c.do("POST", "/subscriptions", c.subscription(l.URL, "users", "updated")).want(201).text("id")
	change := func() {
		c.do("PATCH", "/users/"+c.user(0).text("id"), object{"jobTitle": "x"}).want(204)
	}
	c.do("POST", "/sim/lifecycle", object{"event": "reauthorizationRequired"}).want(200)
	if got := l.next(t); got.text("lifecycleEvent") != "reauthorizationRequired" || got["resource"] != nil {
		t.Errorf("%v", got)
	}
	change()
	l.silent(c)
	c.do("POST", "/subscriptions/"+id+"/reauthorize", nil).want(204)
	change()
	l.next(t)
	c.do("POST", "/sim/lifecycle", object{"event": "subscriptionRemoved", "subscription": id}).want(200)
	l.next(t)
	if list, _ := c.all("/subscriptions"); len(list) != 0 {
		t.Errorf("%v", list)
	}
}

func TestSubscriptionsAreRefused(t *testing.T) {
	c, l, now := subscribed(t)
	deaf := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(deaf.Close)
	user := c.user(0).text("id")
	with := func(changes object) object {
		given := c.subscription(l.URL, "users/"+user+"/messages", "created")
		for name, value := range changes {
			given[name] = value
		}
		return given
	}
	for name, test := range map[string]struct {
		given  object
		status int
	}{
		"an address that does not answer with the token": {with(object{"notificationUrl": deaf.URL}), 400},
		"a lifecycle address that does not":              {with(object{"lifecycleNotificationUrl": deaf.URL}), 400},
		"a life that is over":                            {with(object{"expirationDateTime": now.Add(-time.Minute).UTC().Format(time.RFC3339)}), 400},
		"a life that is too long":                        {with(object{"expirationDateTime": now.Add(10_085 * time.Minute).UTC().Format(time.RFC3339)}), 400},
		"a resource that does not exist":                 {with(object{"resource": "users/nobody/messages"}), 404},
		"a resource of another kind":                     {with(object{"resource": "sites/root"}), 400},
		"a type that drives do not have":                 {with(object{"resource": "users/" + user + "/drive/root"}), 400},
	} {
		if got := c.do("POST", "/subscriptions", test.given); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	c.do("POST", "/sim/apps", object{"clientId": c.tenant.ClientID, "roles": []string{"User.Read.All"}}).want(200)
	c.token = c.login(url.Values{"client_secret": {c.tenant.ClientSecret}})["access_token"].(string)
	if got := c.do("POST", "/subscriptions", with(nil)); got.status != 403 {
		t.Errorf("without Mail.Read: %d", got.status)
	}
}

func TestAnApplicationHasAHundredSubscriptionsToGroups(t *testing.T) {
	c, l, _ := subscribed(t)
	given := c.subscription(l.URL, "", "created")
	delete(given, "lifecycleNotificationUrl")
	for i := range 101 {
		group := c.do("POST", "/groups", newGroup("g", false)).want(201).text("id")
		given["resource"], given["changeType"] = "groups/"+group, "updated"
		if got := c.do("POST", "/subscriptions", given); (got.status == 201) != (i < 100) || i == 100 && got.status != 403 {
			t.Fatalf("subscription %d to a group: %d", i+1, got.status)
		}
	}
}
