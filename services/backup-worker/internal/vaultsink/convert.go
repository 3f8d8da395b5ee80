package vaultsink

import (
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

var kinds = map[backup.Kind]vault.Kind{
	backup.Folder: vault.KindFolder, backup.Message: vault.KindMessage, backup.File: vault.KindFile, backup.Other: vault.KindOther,
}

func refOf(ref backup.Ref) vault.Ref { return vault.Ref(ref) }

func itemOf(item backup.Item) vault.Item {
	about := content.Attributes(item.About)
	stored := vault.Item{
		Meta: vault.Meta{
			Ref: refOf(item.Ref), Kind: kinds[item.Kind], Name: item.Name, Parent: item.Parent, Size: item.Size, Modified: item.Modified,
			Attributes: about.Marshal(),
		},
		Parts: make([]vault.Part, len(item.Parts)),
	}
	if item.From != "" || item.To != "" {
		stored.Columns = map[string]string{content.ColumnFrom: item.From, content.ColumnTo: item.To}
	}
	for i, part := range item.Parts {
		stored.Parts[i] = vault.Part{Name: part.Name, Data: part.Data, Body: part.Body, Size: part.Size}
		if part.Keep {
			stored.Parts[i].Reuse = &stored.Ref
		}
	}
	return stored
}

func storedOf(entry vault.Entry) (backup.Stored, error) {
	about, err := content.ParseAttributes(entry.Attributes)
	stored := backup.Stored{
		Ref: backup.Ref(entry.Ref), Name: entry.Name, Parent: entry.Parent, Size: entry.Size, About: backup.About(about),
		Parts: make([]string, len(entry.Parts)),
	}
	for kind, number := range kinds {
		if number == entry.Kind {
			stored.Kind = kind
		}
	}
	for i, part := range entry.Parts {
		stored.Parts[i] = part.Name
	}
	return stored, err
}
