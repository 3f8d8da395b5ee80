package control

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// Line describes one item by what has to survive a restore, without ids.
type Line struct {
	Path   string `json:"path"`   // where it is: folder path for mail, file path for files
	Name   string `json:"name"`   // what a person would call it
	Kind   string `json:"kind"`   // folder, message, file
	Digest string `json:"digest"` // over all that counts
	Detail string `json:"detail"` // the same, readable, with long values as digests of their own
}

func (l Line) key() string { return l.Path + "\x00" + l.Kind + "\x00" + l.Name + "\x00" + l.Digest }

// Sum is the checksum of one workload of one user.
type Sum struct {
	User     string `json:"user"`
	Address  string `json:"address"`
	Workload string `json:"workload"`
	Items    int    `json:"items"`
	Digest   string `json:"digest"`
	Lines    []Line `json:"lines,omitempty"`
}

// checksum answers GET /sim/checksum?user=&workload=&lines=false. Two states with the same
// content have the same digest, whatever the ids and the order.
func (s *Server) checksum(r *http.Request) (any, error) {
	asked := r.URL.Query()
	people, err := s.people(asked.Get("user"))
	if err != nil {
		return nil, err
	}
	overall, sums := sha256.New(), []Sum{}
	for _, person := range people {
		for _, workload := range s.chosen(asked.Get("workload")) {
			lines, err := workload.Checksum(person)
			if err != nil {
				return nil, err
			}
			sum := Sum{User: person.ID, Address: person.Address, Workload: workload.Name(), Items: len(lines), Digest: digest(lines), Lines: lines}
			if asked.Get("lines") == "false" {
				sum.Lines = nil
			}
			_, _ = overall.Write([]byte(sum.User + sum.Workload + sum.Digest)) // a hash never fails
			sums = append(sums, sum)
		}
	}
	return map[string]any{"digest": hex.EncodeToString(overall.Sum(nil)), "sums": sums}, nil
}

// digest is over the sorted lines.
func digest(lines []Line) string {
	slices.SortFunc(lines, func(a, b Line) int { return strings.Compare(a.key(), b.key()) })
	sum := sha256.New()
	for _, line := range lines {
		_, _ = sum.Write([]byte(line.key() + "\n")) // a hash never fails
	}
	return hex.EncodeToString(sum.Sum(nil))
}
