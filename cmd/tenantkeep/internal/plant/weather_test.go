package plant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/cli"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/directory"
)

// climate is an all-in-one whose tenant misbehaves by script, one user at a time, and the command
// line that shows what a person sees of it.
type climate struct {
	*bench
	simulator *sim.Server
	people    []directory.Person // as they were at first
	context   string
	taken     *atomic.Int64 // how many of them scenes have taken
}

// unhurried are limits that the many users of a test do not reach together.
const unhurried = 10_000

// settle starts an all-in-one and a tenant; nothing is connected yet.
func settle(t *testing.T, config sim.Config) *climate {
	t.Helper()
	simulator, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(simulator)
	t.Cleanup(web.Close)
	b := &bench{T: t, nats: freeAddress(t), tenant: web.URL, limits: unhurried}
	b.run()
	return &climate{bench: b, simulator: simulator, people: simulator.Directory.People(), context: contextFile(t, b.about), taken: &atomic.Int64{}}
}

func contextFile(t *testing.T, about client.Context) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "context.json")
	if err := about.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// in is the climate as a subtest sees it.
func (c *climate) in(t *testing.T) *climate {
	all, b := *c, *c.bench
	b.T, all.bench = t, &b
	return &all
}

// try runs a command line; it returns the exit status and all that a person reads.
func (c *climate) try(arguments ...string) (int, string) {
	var out bytes.Buffer
	status := cli.Run(c.Context(), append([]string{"--context", c.context}, arguments...), strings.NewReader(""), &out, &out)
	return status, out.String()
}

// expect runs a command line that ends with that status and says all of that, in any order.
func (c *climate) expect(status int, says []string, arguments ...string) string {
	c.Helper()
	got, text := c.try(arguments...)
	if got != status {
		c.Fatalf("tenantkeep %s: status %d, not %d\n%s", strings.Join(arguments, " "), got, status, text)
	}
	for _, say := range says {
		if !regexp.MustCompile(say).MatchString(text) {
			c.Errorf("tenantkeep %s does not say %q:\n%s", strings.Join(arguments, " "), say, text)
		}
	}
	return text
}

// do runs a command line that succeeds.
func (c *climate) do(arguments ...string) string {
	c.Helper()
	return c.expect(0, nil, arguments...)
}

// ask runs a command line for its answer as a program reads it.
func (c *climate) ask(answer proto.Message, arguments ...string) {
	c.Helper()
	var out, errors bytes.Buffer
	arguments = append([]string{"--context", c.context, "--json"}, arguments...)
	cli.Run(c.Context(), arguments, strings.NewReader(""), &out, &errors)
	if err := protojson.Unmarshal(out.Bytes(), answer); err != nil {
		c.Fatalf("tenantkeep %v: %v\n%s%s", arguments, err, out.String(), errors.String())
	}
}

// connect connects the tenant; users are added one by one.
func (c *climate) connect() {
	c.Helper()
	c.do("connection", "add", "--cloud", "sim", "--simulator", c.tenant)
	c.do("profile", "add", "mail", "--workload", "mail")
	c.do("profile", "add", "files", "--workload", "files")
}

// user takes a user with a licence that no other scene has.
func (c *climate) user() string {
	c.Helper()
	for {
		i := int(c.taken.Add(1)) - 1
		if i >= len(c.people) {
			c.Fatalf("the tenant has only %d users", len(c.people))
		}
		if !unlicensed(i) {
			return c.people[i].Address
		}
	}
}

// unlicensed are one in 50 guests and one in 50 others, in a simulated tenant of 50 users and more.
func unlicensed(i int) bool { return i%50 == 24 || i%50 == 49 }

// fault sets rules for a user and returns what removes them.
func (c *climate) fault(user string, rules ...string) (clear func()) {
	c.Helper()
	var ids []int
	for _, rule := range rules {
		var set struct{ ID int }
		c.control(http.MethodPost, "/sim/faults", forUser(c.T, rule, user), &set)
		ids = append(ids, set.ID)
	}
	return func() {
		c.Helper()
		for _, id := range ids {
			var rule json.RawMessage
			c.control(http.MethodDelete, fmt.Sprintf("/sim/faults/%d", id), "", &rule)
		}
	}
}

func forUser(t *testing.T, rule, user string) string {
	t.Helper()
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(rule), &fields); err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	if route, _ := fields["route"].(string); !strings.Contains(route, ".com") { // the hosts beside Graph know no users
		fields["user"] = user
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// change plays work or a disaster on a user's content.
func (c *climate) change(user, workload, what string) {
	c.Helper()
	var changes json.RawMessage
	c.control(http.MethodPost, "/sim/change", fmt.Sprintf(`{"user":%q,"workload":%q,%s}`, user, workload, what), &changes)
}

// content is everything that a user has, one line an item, with how often it is there.
func (c *climate) content(user, workload string) map[string]int {
	c.Helper()
	var reply struct {
		Sums []struct {
			Lines []struct{ Path, Name, Kind, Detail string }
		}
	}
	c.control(http.MethodGet, "/sim/checksum?"+url.Values{"user": {user}, "workload": {workload}}.Encode(), "", &reply)
	lines := map[string]int{}
	for _, line := range reply.Sums[0].Lines {
		lines[line.Kind+" "+line.Path+" "+line.Name+" "+line.Detail]++
	}
	return lines
}

// same fails with what differs, item by item.
func (c *climate) same(before, after map[string]int) {
	c.Helper()
	for line, n := range before {
		if after[line] != n {
			c.Errorf("%d times before, %d after: %s", n, after[line], line)
		}
	}
	for line, n := range after {
		if before[line] == 0 {
			c.Errorf("not there before, %d times after: %s", n, line)
		}
	}
}

// until waits for a condition.
func (c *climate) until(what string, holds func() bool) {
	c.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			c.Fatalf("%s: not within 30 s", what)
		}
	}
}

// firstJob adds a user and returns the backup that begins by itself.
func (c *climate) firstJob(user, workload string) *backupv1.Job {
	c.Helper()
	c.do("user", "add", user, "--profile", workload)
	var found *backupv1.Job
	c.until("the first backup of "+user, func() bool {
		found = c.job(user)
		return found != nil
	})
	return found
}

// job is the newest job of a user's.
func (c *climate) job(user string) *backupv1.Job {
	c.Helper()
	var all backupv1.ListJobsResponse
	c.ask(&all, "job", "list")
	for _, job := range all.GetJobs() {
		if strings.HasSuffix(strings.ToLower(job.GetDisplayName()), strings.ToLower(user)) {
			return job
		}
	}
	return nil
}
