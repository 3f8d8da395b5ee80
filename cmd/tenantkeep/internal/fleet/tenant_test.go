package fleet_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// persist runs a command line again and again until it succeeds, as a person does while servers restart.
func (b *bench) persist(arguments ...string) string {
	b.Helper()
	var out, errors string
	b.until(fmt.Sprint(arguments), time.Minute, func() bool {
		var status int
		status, out, errors = b.try(arguments...)
		if status == 2 {
			b.Fatalf("tenantkeep %v: %s", arguments, errors)
		}
		return status == 0
	})
	return out
}

// askUntil is persist for an answer.
func (b *bench) askUntil(answer proto.Message, arguments ...string) {
	b.Helper()
	if err := protojson.Unmarshal([]byte(b.persist(append(arguments, "--json")...)), answer); err != nil {
		b.Fatalf("tenantkeep %v: %v", arguments, err)
	}
}

// change has the tenant change.
func (b *bench) change(what string) {
	b.Helper()
	b.control(http.MethodPost, "/sim/change", what, nil)
}

// sums is the tenant's content, one line an item.
type sums struct {
	Digest string
	Sums   []struct {
		Address, Workload string
		Lines             []line
	}
}

type line struct{ Path, Name, Kind, Digest, Detail string }

func (b *bench) checksum() sums {
	b.Helper()
	var s sums
	b.control(http.MethodGet, "/sim/checksum?lines=true", "", &s)
	if len(s.Sums) == 0 {
		b.Fatal("the tenant has nothing to compare")
	}
	return s
}

// differences names what s has and other lacks, and the other way round.
func (s sums) differences(other sums) []string {
	var found []string
	mine, theirs := s.counts(), other.counts()
	for item, n := range mine {
		if theirs[item] != n {
			found = append(found, fmt.Sprintf("%d times before, %d after: %s", n, theirs[item], item))
		}
	}
	for item, n := range theirs {
		if mine[item] == 0 {
			found = append(found, fmt.Sprintf("not there before, %d times after: %s", n, item))
		}
	}
	slices.Sort(found)
	return found[:min(len(found), 20)]
}

func (s sums) counts() map[string]int {
	counts := map[string]int{}
	for _, sum := range s.Sums {
		for _, l := range sum.Lines {
			counts[fmt.Sprintf("%s %s %s/%s %s %.12s", sum.Workload, sum.Address, l.Path, l.Name, l.Kind, l.Digest)]++
		}
	}
	return counts
}

func (b *bench) control(method, path, body string, answer any) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.tenant.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil || reply.StatusCode >= 300 {
		b.Fatalf("%s %s: %s %s %v", method, path, reply.Status, text, err)
	}
}
