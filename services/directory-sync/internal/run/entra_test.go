package run_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// tenant is a small Entra: it keeps all that happened, and a link is how much of it was seen.
type tenant struct {
	what   []any // run.PersonNews or run.GroupNews
	lost   int   // links up to here are lost
	broken error // what reading ends with instead of a link
	replay int   // how many changes before the link come again
	asked  int
}

func (e *tenant) put(person directory.Person) { e.note(run.PersonNews{Person: person}) }
func (e *tenant) remove(id m365.UserID) {
	e.note(run.PersonNews{Person: directory.Person{ID: id}, Gone: true})
}
func (e *tenant) join(group m365.GroupID, id m365.UserID) {
	e.note(run.GroupNews{Group: group, Joined: []m365.UserID{id}})
}
func (e *tenant) leave(group m365.GroupID, id m365.UserID) {
	e.note(run.GroupNews{Group: group, Left: []m365.UserID{id}})
}
func (e *tenant) note(news any) { e.what = append(e.what, news) }

// Open implements run.Sources.
func (e *tenant) Open(context.Context, m365.ConnectionID) (run.Source, error) { return e, nil }

// since is what happened after a link; all says that there was none.
func (e *tenant) since(link string) (news []any, all bool, err error) {
	if link == "" {
		return e.what, true, nil
	}
	seen, err := strconv.Atoi(strings.TrimPrefix(link, "seen "))
	if err != nil || seen < e.lost {
		return nil, false, fault.New(fault.Resync, "read", "the link is lost")
	}
	return e.what[max(seen-e.replay, 0):], false, nil
}

func (e *tenant) link() (string, error) { return fmt.Sprint("seen ", len(e.what)), e.broken }

// People implements run.Source. Without a link only who is there comes.
func (e *tenant) People(_ context.Context, link string, each func(run.PersonNews) error) (string, error) {
	e.asked++
	news, all, err := e.since(link)
	if err != nil {
		return "", err
	}
	last := map[m365.UserID]run.PersonNews{}
	for _, item := range news {
		if person, ok := item.(run.PersonNews); ok {
			last[person.Person.ID] = person
		}
	}
	for _, id := range slices.Sorted(maps.Keys(last)) {
		if all && last[id].Gone {
			continue
		}
		if err := each(last[id]); err != nil {
			return "", err
		}
	}
	return e.link()
}

// Members implements run.Source.
func (e *tenant) Members(_ context.Context, groups []m365.GroupID, link string, each func(run.GroupNews) error) (string, error) {
	e.asked++
	news, _, err := e.since(link)
	if err != nil {
		return "", err
	}
	for _, item := range news {
		if change, ok := item.(run.GroupNews); ok && slices.Contains(groups, change.Group) {
			if err := each(change); err != nil {
				return "", err
			}
		}
	}
	return e.link()
}

// Person implements run.Source.
func (e *tenant) Person(_ context.Context, key string) (directory.Person, error) {
	for _, item := range slices.Backward(e.what) {
		if news, ok := item.(run.PersonNews); ok && (string(news.Person.ID) == key || news.Person.PrincipalName == key) {
			if news.Gone {
				break
			}
			return news.Person, nil
		}
	}
	return directory.Person{}, fault.New(fault.NotFound, "find user", "nobody")
}
