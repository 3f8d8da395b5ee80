package restoreworker_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// backUpDrive does what backup-worker does with a drive.
func (p *place) backUpDrive(n int) (resource string) {
	p.Helper()
	user, address := p.tenant.Person(n)
	name, unit := p.resourceName(user, m365.Files), vault.UnitID("drive-"+string(user))
	p.protect(&backupv1.Resource{
		Name: name, Workload: typev1.Workload_WORKLOAD_FILES, EntraId: string(user), DisplayName: address, Unit: string(unit),
	})
	d, err := drive.Of(p.context(), p.tenant.Client(), user)
	p.must(err)
	p.session(unit, func(session *vault.Session) { p.saveDrive(session, d) })
	return name
}

func (p *place) saveDrive(session *vault.Session, d *drive.Drive) {
	p.Helper()
	root, err := d.Root(p.context())
	p.must(err)
	items := map[m365.ItemID]drive.Item{}
	_, err = d.Changes(p.context(), drive.Round{}, func(item drive.Item) error {
		item.Raw = bytes.Clone(item.Raw)
		items[item.ID] = item
		return nil
	})
	p.must(err)
	for id, item := range items {
		if item.Root {
			continue
		}
		meta := vault.Meta{Ref: vault.Ref{Container: content.Drive, ID: string(id)}, Kind: vault.KindFolder, Name: item.Name, Modified: item.Modified}
		if item.Parent != root.ID {
			meta.Parent = string(item.Parent)
		}
		parts := []vault.Part{{Name: content.Item, Data: item.Raw}}
		if item.File {
			stream, err := d.Download(p.context(), id, 0)
			p.must(err)
			meta.Kind, meta.Size, meta.Attributes = vault.KindFile, item.Size, content.Attributes{Hash: item.Hash}.Marshal()
			_, err = session.Put(p.context(), vault.Item{Meta: meta, Parts: append(parts, vault.Part{Name: content.File, Body: stream})})
			_ = stream.Close()
			p.must(err)
			continue
		}
		_, err := session.Put(p.context(), vault.Item{Meta: meta, Parts: parts})
		p.must(err)
	}
}

func TestADeletedDriveIsGivenBack(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Files: 60, Seed: 4}, nil)
	user, _ := p.tenant.Person(0)
	p.bigFile(user)
	resource := p.backUpDrive(0)
	p.worker()
	before := p.tenant.Content(user, m365.Files)

	folders, files := walk(p, resource+"/snapshots/latest", "")
	if folders == 0 || folders+files != len(before) {
		t.Errorf("%d folders and %d files of %d items", folders, files, len(before))
	}
	data, summary, err := p.export(&restorev1.ExportRequest{Snapshot: resource + "/snapshots/1", Format: restorev1.ExportFormat_EXPORT_FORMAT_ZIP})
	p.must(err)
	if summary.GetItems() != int64(files) || int64(len(data)) < 20<<20 {
		t.Errorf("export of %d bytes: %v", len(data), summary)
	}

	p.tenant.Disaster(user, m365.Files)
	done := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	succeeded(p, done)
	if diff := cmp.Diff(before, p.tenant.Content(user, m365.Files)); diff != "" {
		t.Error(diff)
	}
	one := p.ended(p.start(&restorev1.StartRestoreRequest{
		Snapshot: resource + "/snapshots/1", Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_Path{Path: "big file.bin"}}},
		Target: &restorev1.Target{Kind: &restorev1.Target_Folder{Folder: "Back/here"}},
	}).GetName())
	succeeded(p, one)
	if one.GetReport().GetCreated() != 1 || len(p.tenant.Content(user, m365.Files)) != len(before)+3 {
		t.Errorf("one file into a folder: %v", one)
	}
}

// bigFile puts a file into the drive that takes several fragments.
func (p *place) bigFile(user m365.UserID) {
	p.Helper()
	noise := make([]byte, 21<<20)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(noise)
	d, err := drive.Of(p.context(), p.tenant.Client(), user)
	p.must(err)
	root, err := d.Root(p.context())
	p.must(err)
	day := time.Date(2025, 6, 7, 8, 9, 10, 0, time.UTC)
	_, err = d.Upload(p.context(), drive.File{Parent: root.ID, Name: "big file.bin", Content: bytes.NewReader(noise), Size: int64(len(noise)), Dates: drive.Dates{Created: day, Modified: day.AddDate(0, 1, 0)}})
	p.must(err)
}

// TestLargeAttachmentsComeBack has a message with attachments of every size that is treated differently.
func TestLargeAttachmentsComeBack(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Mails: 5, Seed: 4}, nil)
	user, _ := p.tenant.Person(0)
	box := mail.Open(p.tenant.Client(), user)
	var uploads []mail.Upload
	for i, size := range []int{10, 2 << 20, 2<<20 + 1, 3<<20 + 5, 12 << 20} {
		noise := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(noise)
		raw, err := json.Marshal(map[string]any{
			"@odata.type": "#microsoft.graph.fileAttachment", "name": fmt.Sprintf("%d.bin", i), "contentType": "application/octet-stream",
			"isInline": i == 0, "contentId": fmt.Sprintf("part%d", i), "contentBytes": base64.StdEncoding.EncodeToString(noise),
		})
		p.must(err)
		uploads = append(uploads, mail.Upload{Raw: raw})
	}
	draft, err := mail.NewDraft([]byte(`{"subject":"large","body":{"contentType":"text","content":"x"},"receivedDateTime":"2025-01-02T03:04:05Z","sentDateTime":"2025-01-02T03:04:00Z","isRead":true}`), uploads, "test")
	p.must(err)
	_, err = box.Create(p.context(), "inbox", draft)
	p.must(err)

	before := p.tenant.Content(user, m365.Mail)
	resource := p.backUp(0)
	p.worker()
	p.tenant.Disaster(user, m365.Mail)
	done := p.ended(p.start(&restorev1.StartRestoreRequest{Snapshot: resource + "/snapshots/1"}).GetName())
	succeeded(p, done)
	if diff := cmp.Diff(before, p.tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}
	data, _, err := p.export(&restorev1.ExportRequest{Snapshot: resource + "/snapshots/1", Format: restorev1.ExportFormat_EXPORT_FORMAT_EML,
		Selections: []*restorev1.Selection{{Kind: &restorev1.Selection_Path{Path: "Inbox/large"}}}})
	if err != nil || len(data) < 19<<20*4/3 {
		t.Errorf("export of %d bytes: %v", len(data), err)
	}
}
