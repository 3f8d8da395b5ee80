package plant

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

func TestEveryServiceLivesOnTheSameLimits(t *testing.T) {
	p := &plant{config: Config{Dir: t.TempDir(), Limits: 50}}
	for _, service := range identity.Services {
		if config := p.hostConfig(service, "127.0.0.1:7100"); config.Limits != 50 || config.Service != service {
			t.Errorf("%+v", config)
		}
	}
}
