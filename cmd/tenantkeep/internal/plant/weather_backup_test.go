package plant_test

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

const (
	messagesDelta = "/users/{user}/mailFolders/{folder}/messages/delta"
	mailFolders   = "/users/{user}/mailFolders*"
	drives        = "/drives/*"
	downloads     = "/contoso-my.sharepoint.com"
)

// Each scene is one user's first backup in bad weather: what the person at the command line reads,
// and that the next backup in good weather has everything, to the last byte.
func TestBackupInBadWeather(t *testing.T) {
	t.Parallel()
	all := settle(t, sim.Config{Users: 50, Mails: 25, Files: 12, Seed: 11})
	all.connect()
	for _, scene := range []struct {
		name     string
		workload string
		faults   []string
		status   int      // of the first backup
		says     []string // the first backup
	}{
		{
			name: "a page that breaks off is read again", workload: "mail",
			faults: []string{`{"method":"GET","route":"` + messagesDelta + `","times":2,"action":"truncate"}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "a page that breaks off every time is read again later", workload: "mail",
			faults: []string{`{"method":"GET","route":"` + messagesDelta + `","times":16,"action":"truncate"}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "a storm of 429 costs time", workload: "mail",
			faults: []string{`{"route":"` + mailFolders + `","times":8,"action":"storm","retryAfter":1}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "a storm of 429 that names no time costs time", workload: "files",
			faults: []string{`{"route":"` + drives + `","times":3,"action":"storm"}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "503 with an empty body asks for smaller pages", workload: "mail",
			faults: []string{`{"method":"GET","route":"` + messagesDelta + `","times":3,"action":"status","status":503,"empty":true}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "503 with an empty body on everything goes by", workload: "files",
			faults: []string{`{"route":"` + drives + `","times":3,"action":"status","status":503,"empty":true}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "an attachment that cannot be opened costs its mail", workload: "mail",
			faults: []string{
				`{"quirk":"broken-attachment"}`,
				`{"method":"GET","route":"/users/{user}/messages/{message}/attachments","action":"status","status":500,"code":"ErrorCannotOpenFileAttachment"}`,
			},
			status: 3, says: []string{"partial", "[1-9][0-9]* failed", "cause: .*ErrorCannotOpenFileAttachment", "next: "},
		},
		{
			name: "files that are locked cost themselves", workload: "files",
			faults: []string{`{"quirk":"expired-address"}`, `{"quirk":"locked-file"}`},
			status: 3, says: []string{"partial", "[1-9][0-9]* failed", "cause: .*checked out or locked", "next: "},
		},
		{
			name: "a download that breaks off is taken up again", workload: "files",
			faults: []string{`{"method":"GET","route":"` + downloads + `","times":3,"action":"truncate"}`},
			says:   []string{"complete", "0 failed"},
		},
		{
			name: "a folder that is refused costs the folder", workload: "mail",
			faults: []string{`{"method":"GET","route":"` + messagesDelta + `","action":"status","status":400,"code":"ErrorInvalidRequest","message":"Not this folder."}`},
			status: 3, says: []string{"partial", "1 failed", "cause: .*Not this folder", "next: "},
		},
		{
			name: "a mailbox that refuses costs the mailbox", workload: "mail",
			faults: []string{`{"route":"` + mailFolders + `","times":-1,"action":"status","status":403,"code":"ErrorAccessDenied","message":"Access is denied."}`},
			status: 1, says: []string{"failed", "cause: .*Access is denied", "next: +check in the connection test"},
		},
		{
			name: "a drive that is locked costs the drive", workload: "files",
			faults: []string{`{"quirk":"locked-site"}`},
			status: 1, says: []string{"failed", "cause: .*423", "next: +unlock the site"},
		},
	} {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			c := all.in(t)
			user := c.user()
			clear := c.fault(user, scene.faults...)
			job := c.firstJob(user, scene.workload)
			c.expect(scene.status, scene.says, "job", "watch", job.GetName())
			clear()
			c.heals(user, scene.workload)
		})
	}
}

// heals backs up in good weather, and proves by a disaster and a restore that everything is there.
func (c *climate) heals(user, workload string) {
	c.Helper()
	resource := workload + ":" + user
	before := c.content(user, workload)
	c.expect(0, []string{"complete", "0 failed"}, "backup", "start", resource, "--wait")
	c.change(user, workload, `"disaster":"delete"`)
	c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", resource, "--wait")
	after := c.content(user, workload)
	c.same(before, after)
}
