package protection

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

func TestWanted(t *testing.T) {
	active := User{ID: "u", Mailbox: true, Active: true, Profile: "standard"}
	both := []m365.Workload{m365.Mail, m365.Files}
	change := func(edit func(*User)) User { u := active; edit(&u); return u }
	for name, test := range map[string]struct {
		user     User
		profile  []m365.Workload
		want, no []m365.ResourceID
	}{
		"an active user has all of the profile": {active, both, []m365.ResourceID{"mail-u", "files-u"}, nil},
		"a profile may leave a workload out":    {active, both[1:], []m365.ResourceID{"files-u"}, []m365.ResourceID{"mail-u"}},
		"no mailbox, no mail":                   {change(func(u *User) { u.Mailbox = false }), both, []m365.ResourceID{"files-u"}, []m365.ResourceID{"mail-u"}},
		"a suspended user has nothing":          {change(func(u *User) { u.Active = false }), both, nil, []m365.ResourceID{"mail-u", "files-u"}},
		"without a profile there is nothing":    {change(func(u *User) { u.Profile = "" }), both, nil, []m365.ResourceID{"mail-u", "files-u"}},
		"a profile that is gone protects none":  {active, nil, nil, []m365.ResourceID{"mail-u", "files-u"}},
	} {
		t.Run(name, func(t *testing.T) {
			wanted, others := Wanted(test.user, test.profile)
			var ids []m365.ResourceID
			for _, resource := range wanted {
				ids = append(ids, resource.ID)
			}
			if diff := cmp.Diff(test.want, ids) + cmp.Diff(test.no, others); diff != "" {
				t.Error(diff)
			}
		})
	}
}
