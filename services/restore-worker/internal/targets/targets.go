package targets

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/drivetarget"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/mailtarget"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Targets opens targets in connected tenants.
type Targets struct {
	tenants *tenant.Tenants
}

// New returns the targets of the tenants.
func New(tenants *tenant.Tenants) *Targets { return &Targets{tenants: tenants} }

// Open opens a user's mailbox or drive.
func (t *Targets) Open(ctx context.Context, connection m365.ConnectionID, user m365.UserID, workload m365.Workload) (restore.Target, error) {
	client, err := t.tenants.Open(ctx, connection)
	if err != nil {
		return nil, err
	}
	if workload == m365.Mail {
		return mailtarget.New(mail.Open(client, user)), nil
	}
	if workload == m365.Files {
		d, err := drive.Of(ctx, client, user)
		if err != nil {
			return nil, err
		}
		return drivetarget.New(d), nil
	}
	return nil, fault.New(fault.Unsupported, "open target", fmt.Sprintf("workload %q", workload))
}

// Person asks Graph for a user by address, user principal name or object id; fault.NotFound.
func (t *Targets) Person(ctx context.Context, connection m365.ConnectionID, who string) (snapshot.Person, error) {
	client, err := t.tenants.Open(ctx, connection)
	if err != nil {
		return snapshot.Person{}, err
	}
	var user struct {
		ID   m365.UserID `json:"id"`
		UPN  string      `json:"userPrincipalName"`
		Mail string      `json:"mail"`
	}
	err = client.JSON(ctx, graph.Request{
		Name: "find user", Method: http.MethodGet, Path: graph.Path("users", who),
		Query: graph.Query("$select", "id,userPrincipalName,mail"),
	}, &user)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		return snapshot.Person{}, fault.New(fault.NotFound, "find user", fmt.Sprintf("the tenant has no user %q", who),
			fault.Reason("USER_NOT_FOUND"), fault.Next("give the address, the user principal name or the object id of a user of this tenant"))
	}
	if user.Mail == "" {
		user.Mail = user.UPN
	}
	return snapshot.Person{ID: user.ID, Address: user.Mail}, err
}
