package drive

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
)

func TestPartsAreThoseOfTheVault(t *testing.T) {
	for is, want := range map[string]string{partItem: content.Item, partFile: content.File, container: content.Drive} {
		if is != want {
			t.Errorf("%q, the vault says %q", is, want)
		}
	}
}
