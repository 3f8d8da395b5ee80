package identity_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// methods are those of every service in the protos that are imported here.
func methods() []string {
	var all []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "tenantkeep.") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				all = append(all, "/"+string(service.FullName())+"/"+string(service.Methods().Get(j).Name()))
			}
		}
		return true
	})
	return all
}

// TestEveryAreaIsImported keeps the tests of this file honest when an area is added to the protos.
func TestEveryAreaIsImported(t *testing.T) {
	areas, err := filepath.Glob("../../proto/tenantkeep/*/v1/service.proto")
	if err != nil || len(areas) == 0 {
		t.Fatal(areas, err)
	}
	for _, path := range areas {
		area := filepath.Base(filepath.Dir(filepath.Dir(path)))
		if !slices.ContainsFunc(methods(), func(m string) bool { return strings.HasPrefix(m, "/tenantkeep."+area+".v1.") }) {
			t.Errorf("import the package of %s above", area)
		}
	}
}

func TestPolicyListsEveryMethodAndNoOther(t *testing.T) {
	known := map[string]bool{}
	for _, method := range methods() {
		known[method] = true
		if access, listed := identity.Policy[method]; !listed {
			t.Errorf("%s is not in the table", method)
		} else if !access.People && len(access.Services) == 0 {
			t.Errorf("%s can be called by nobody", method)
		}
	}
	for method, access := range identity.Policy {
		if !known[method] {
			t.Errorf("%s is in the table, but in no proto", method)
		}
		for _, service := range access.Services {
			if !slices.Contains(identity.Services, service) {
				t.Errorf("%s: %q is no service", method, service)
			}
		}
	}
}

func TestAuthoriseRefusesEverybodyWhoIsNotListed(t *testing.T) {
	callers := []identity.Caller{{Person: "admin"}}
	for _, service := range identity.Services {
		callers = append(callers, identity.Caller{Service: service})
	}
	callers = append(callers, identity.Caller{Service: "stranger"})
	for _, method := range append(methods(), "/tenantkeep.auth.v1.ConnectionService/Unheard") {
		if err := identity.Authorise(identity.Caller{}, method); !fault.Is(err, fault.Unauthentic) || fault.NextOf(err) == "" {
			t.Errorf("nobody may call %s: %v", method, err)
		}
		access := identity.Policy[method]
		for _, caller := range callers {
			may := caller.Person != "" && access.People || slices.Contains(access.Services, caller.Service)
			err := identity.Authorise(caller, method)
			if may != (err == nil) || err != nil && !fault.Is(err, fault.Permission) {
				t.Errorf("%s calls %s: %v", caller, method, err)
			}
		}
	}
}

func TestSecretsAreForServicesOnly(t *testing.T) {
	for _, method := range methods() {
		if strings.Contains(method, ".TokenService/") || strings.Contains(method, ".KeyService/") {
			if identity.Policy[method].People {
				t.Errorf("people may call %s", method)
			}
		}
	}
}

func TestAdminToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "admin.token")
	token, err := identity.AdminToken(path)
	if err != nil || !strings.HasPrefix(token, identity.TokenPrefix) || len(token) < 40 {
		t.Fatalf("%q, %v", token, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if again, err := identity.AdminToken(path); err != nil || again != token {
		t.Errorf("%q, %v", again, err)
	}
	tokens := identity.NewTokens(token)
	if person, err := tokens.Person(token); err != nil || person != "admin" {
		t.Errorf("%q, %v", person, err)
	}
	for _, wrong := range []string{"", "tk_", token + "x", strings.ToUpper(token)} {
		if person, err := tokens.Person(wrong); !fault.Is(err, fault.Unauthentic) || person != "" || fault.NextOf(err) == "" {
			t.Errorf("%q: %q, %v", wrong, person, err)
		}
	}
}

func TestCallerAsText(t *testing.T) {
	for want, caller := range map[string]identity.Caller{
		"": {}, "person:admin": {Person: "admin"}, "service:notifier": {Service: identity.Notifier},
	} {
		if got := caller.String(); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
		if got := identity.CallerOf(identity.WithCaller(t.Context(), caller)); got != caller {
			t.Errorf("%v", got)
		}
	}
	if got := identity.CallerOf(t.Context()); got != (identity.Caller{}) {
		t.Errorf("%v out of nothing", got)
	}
}
