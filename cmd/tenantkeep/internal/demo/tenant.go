package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// tenant is the simulated tenant's control side.
type tenant struct{ address string }

// change is work, or a disaster, that befalls the tenant.
type change struct {
	Share    float64 `json:"share,omitempty"`
	Seed     int     `json:"seed,omitempty"`
	Disaster string  `json:"disaster,omitempty"`
}

// checksums of the tenant's content: one line an item, over exactly what a restore gives back.
type checksums struct {
	Digest string `json:"digest"`
	Sums   []struct {
		Address, Workload string
		Lines             []line
	} `json:"sums"`
}

type line struct{ Path, Name, Kind, Digest string }

func (t *tenant) change(ctx context.Context, c change) error {
	return t.call(ctx, http.MethodPost, "/sim/change", c, nil)
}

func (t *tenant) checksum(ctx context.Context) (checksums, error) {
	var sums checksums
	return sums, t.call(ctx, http.MethodGet, "/sim/checksum?lines=true", nil, &sums)
}

// sabotage has one thing of what is written damaged on its way in.
func (t *tenant) sabotage(ctx context.Context, what string) error {
	return t.call(ctx, http.MethodPost, "/sim/faults", map[string]any{
		"method": http.MethodPost, "route": "/users/{user}/mailFolders/{folder}/messages", "nth": 3, "action": "corrupt", "corrupt": what}, nil)
}

func (t *tenant) call(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fault.As(fault.Internal, "control the simulator", err)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+t.address+path, bytes.NewReader(text))
	if err != nil {
		return fault.As(fault.Internal, "control the simulator", err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return fault.As(fault.Transient, "control the simulator", err)
	}
	defer reply.Body.Close()
	read, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", reply.Status, read)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(read, answer)
	}
	return fault.As(fault.Internal, "control the simulator", err)
}

func (c checksums) items() int {
	n := 0
	for _, sum := range c.Sums {
		n += len(sum.Lines)
	}
	return n
}

// someWord is a word that a search will find: the longest of some item's name.
func (c checksums) someWord() string {
	for _, sum := range c.Sums {
		for _, l := range sum.Lines {
			words := strings.FieldsFunc(l.Name, func(r rune) bool { return r < 'A' || r > 'z' })
			if len(words) > 0 && l.Kind != "folder" {
				return slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
			}
		}
	}
	return ""
}

// differences names what c has and other lacks, and the other way round.
func (c checksums) differences(other checksums) []string {
	mine, theirs := c.counts(), other.counts()
	var found []string
	for item, n := range mine {
		if theirs[item] < n {
			found = append(found, "lost or altered: "+item)
		}
	}
	for item, n := range theirs {
		if mine[item] < n {
			found = append(found, "not there before: "+item)
		}
	}
	slices.Sort(found)
	return found
}

// counts is how often each line occurs: two mails may be alike.
func (c checksums) counts() map[string]int {
	counts := map[string]int{}
	for _, sum := range c.Sums {
		for _, l := range sum.Lines {
			counts[fmt.Sprintf("%s %s %s/%s (%s, %.12s)", sum.Workload, sum.Address, l.Path, l.Name, l.Kind, l.Digest)]++
		}
	}
	return counts
}
