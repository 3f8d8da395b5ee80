package plant_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

const (
	createMessage = "/users/{user}/mailFolders/{folder}/messages"
	uploads       = "/drives/{drive}/items/{item}:/{path}/createUploadSession"
)

// Each scene is the restore of all that a user had, after a disaster and in bad weather: what the
// person at the command line reads, and that the same restore in good weather brings what was left
// out, and nothing twice.
func TestRestoreInBadWeather(t *testing.T) {
	t.Parallel()
	all := settle(t, sim.Config{Users: 50, Mails: 25, Files: 12, Seed: 13})
	all.connect()
	for _, scene := range []struct {
		name     string
		workload string
		faults   []string
		status   int      // of the first restore
		says     []string // the first restore
	}{
		{
			name: "a storm of 429 costs time", workload: "mail",
			faults: []string{`{"route":"` + mailFolders + `","nth":6,"times":6,"action":"storm","retryAfter":1}`},
			says:   []string{"succeeded", " 0 failed"},
		},
		{
			name: "503 with an empty body goes by", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + createMessage + `","nth":3,"times":3,"action":"status","status":503,"empty":true}`},
			says:   []string{"succeeded", " 0 failed"},
		},
		{
			name: "a connection that breaks before the answer makes no mail twice", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + createMessage + `","nth":3,"times":3,"action":"reset"}`},
			says:   []string{"succeeded", " 0 failed"},
		},
		{
			name: "an answer that breaks off makes no mail twice", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + createMessage + `","nth":3,"times":3,"action":"truncate"}`},
			says:   []string{"succeeded", " 0 failed"},
		},
		{
			name: "a mail that is refused costs itself", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + createMessage + `","nth":4,"action":"status","status":400,"code":"ErrorInvalidRecipients","message":"At least one recipient is not valid."}`},
			status: 3, says: []string{"partial", " 1 failed", "cause: .*recipient", "next: "},
		},
		{
			name: "a full mailbox ends the restore", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + createMessage + `","nth":4,"times":-1,"action":"status","status":507,"code":"ErrorQuotaExceeded","message":"The mailbox is full."}`},
			status: 1, says: []string{"failed", "cause: .*mailbox is full", "next: +free space in the target"},
		},
		{
			name: "a mailbox that refuses to be written ends the restore", workload: "mail",
			faults: []string{`{"method":"POST","route":"` + mailFolders + `","times":-1,"action":"status","status":403,"code":"ErrorAccessDenied","message":"Access is denied."}`},
			status: 1, says: []string{"failed", "cause: .*Access is denied", "next: +check in the connection test"},
		},
		{
			name: "503 with an empty body goes by in drives", workload: "files",
			faults: []string{`{"route":"` + drives + `","nth":5,"times":3,"action":"status","status":503,"empty":true}`},
			says:   []string{"succeeded", " 0 failed"},
		},
		{
			name: "a file name that is refused costs its file", workload: "files",
			faults: []string{`{"method":"POST","route":"` + uploads + `","nth":2,"action":"status","status":400,"code":"invalidRequest","message":"The provided name cannot contain any of the following characters."}`},
			status: 3, says: []string{"partial", " 1 failed", "cause: .*name cannot contain", "next: "},
		},
		{
			name: "a full drive ends the restore", workload: "files",
			faults: []string{`{"method":"POST","route":"` + uploads + `","nth":2,"times":-1,"action":"status","status":507,"code":"quotaLimitReached","message":"Insufficient Space Available"}`},
			status: 1, says: []string{"failed", "cause: .*Insufficient Space", "next: +free space in the target"},
		},
	} {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			c := all.in(t)
			user := c.user()
			resource := scene.workload + ":" + user
			c.expect(0, []string{"complete"}, "job", "watch", c.firstJob(user, scene.workload).GetName())
			before := c.content(user, scene.workload)
			c.change(user, scene.workload, `"disaster":"delete"`)
			clear := c.fault(user, scene.faults...)
			c.expect(scene.status, scene.says, "restore", "start", resource, "--wait")
			clear()
			c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", resource, "--wait")
			after := c.content(user, scene.workload)
			c.same(before, after)
		})
	}
}
