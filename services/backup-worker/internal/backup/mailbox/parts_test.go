package mailbox

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
)

func TestPartsAreThoseOfTheVault(t *testing.T) {
	for is, want := range map[string]string{
		partItem: content.Item, partMIME: content.MIME, partAttachment(3): content.Attachment(3),
		partAttachment(3) + "/" + partContent: content.AttachmentContent(3),
	} {
		if is != want {
			t.Errorf("%q, the vault says %q", is, want)
		}
	}
}
