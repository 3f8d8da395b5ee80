package plant_test

import (
	"path/filepath"
	"strings"
	"testing"

	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
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

// What a backup could not read whole is marked wherever it is shown, given back and exported all the
// same, and never takes the place of what is there.
func TestWhatWasBackedUpInPart(t *testing.T) {
	t.Parallel()
	all := settle(t, sim.Config{Users: 8, Mails: 25, Files: 12, Seed: 11})
	all.connect()
	for name, scene := range map[string]func(*climate){
		"a mail without its attachment":   withoutAttachment,
		"a file in an earlier version":    earlierVersion,
		"a folder that could not be read": unreadFolder,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(all.in(t))
		})
	}
}

func withoutAttachment(c *climate) {
	user := c.user()
	resource := "mail:" + user
	clear := c.fault(user, `{"quirk":"broken-attachment"}`,
		`{"method":"GET","route":"/users/{user}/messages/{message}/attachments","action":"status","status":500,"code":"ErrorCannotOpenFileAttachment"}`)
	c.expect(3, []string{"partial", "ErrorCannotOpenFileAttachment"}, "job", "watch", c.firstJob(user, "mail").GetName())
	clear()
	c.lacking(resource, "INCOMPLETE", `\(incomplete: .*ErrorCannotOpenFileAttachment`)
	c.expect(0, []string{`\(incomplete: `}, "search", resource, "--limit", "10000", "@")
	lost := []string{"[1-9][0-9]* restored, but incomplete", "cause: .*ErrorCannotOpenFileAttachment", "next: .*earlier snapshot"}
	c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", resource, "--wait") // all is there
	for _, format := range []string{"zip", "mbox"} {
		c.expect(3, []string{" 0 failed", "[1-9][0-9]* exported, but incomplete", "cause: .*ErrorCannotOpenFileAttachment", "next: "},
			"export", resource, "--format", format, "-o", filepath.Join(c.TempDir(), "mail."+format))
	}
	c.change(user, "mail", `"disaster":"delete"`)
	c.expect(3, append(lost, "partial", " 0 failed"), "restore", "start", resource, "--wait")
	c.expect(0, []string{"partial"}, "restore", "list")
}

func earlierVersion(c *climate) {
	user := c.user()
	resource := "files:" + user
	c.expect(0, []string{"complete"}, "job", "watch", c.firstJob(user, "files").GetName())
	c.change(user, "files", `"share":0.5`)
	clear := c.fault(user, `{"quirk":"expired-address"}`, `{"quirk":"locked-file"}`)
	c.expect(3, []string{"partial", "locked"}, "backup", "start", resource, "--wait")
	clear()
	c.lacking(resource, "OLDER_VERSION", `\(an earlier version: .*locked`)
	c.change(user, "files", `"disaster":"delete"`)
	c.expect(3, []string{"partial", "restored, but incomplete", "cause: .*earlier version.*locked", "next: "}, "restore", "start", resource, "--wait")
}

func unreadFolder(c *climate) {
	user := c.user()
	resource := "mail:" + user
	clear := c.fault(user, `{"method":"GET","route":"`+messagesDelta+`","action":"status","status":400,"code":"ErrorInvalidRequest","message":"Not this folder."}`)
	c.expect(3, []string{"partial"}, "job", "watch", c.firstJob(user, "mail").GetName())
	clear()
	c.expect(0, []string{`\(incomplete: .*Not this folder`}, "snapshot", "ls", resource)
	c.expect(3, []string{"exported, but incomplete", "may lack items of the folder", "next: "}, "export", resource, "-o", filepath.Join(c.TempDir(), "mail.zip"))
	c.change(user, "mail", `"disaster":"delete"`)
	c.expect(3, []string{"partial", "1 restored, but incomplete", "Not this folder"}, "restore", "start", resource, "--wait")
}

// lacking finds an item with that problem somewhere in the newest snapshot, and its mark in the listing.
func (c *climate) lacking(resource, reason, mark string) {
	c.Helper()
	for folders := []string{""}; len(folders) > 0; folders = folders[1:] {
		var all restorev1.ListItemsResponse
		c.ask(&all, "snapshot", "ls", resource, folders[0])
		for _, item := range all.GetItems() {
			path := strings.TrimPrefix(folders[0]+"/"+strings.ReplaceAll(item.GetTitle(), "/", "%2F"), "/")
			if item.GetKind() == restorev1.ItemKind_ITEM_KIND_FOLDER {
				folders = append(folders, path)
			} else if problem := item.GetProblem(); problem.GetReason() == reason && item.GetIncomplete() && problem.GetNext() != "" {
				c.expect(0, []string{mark}, "snapshot", "ls", resource, folders[0], "--sort", "time")
				return
			}
		}
	}
	c.Errorf("no item of %s is marked %s", resource, reason)
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
