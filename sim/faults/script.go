package faults

import (
	"slices"
	"sync"
)

// Script is the list of rules in force.
type Script struct {
	mu    sync.Mutex
	next  int
	rules []*Rule
}

// Add puts a rule into force and returns it with its number.
func (s *Script) Add(rule Rule) (Rule, error) {
	if err := rule.check(); err != nil {
		return rule, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	rule.ID, rule.Seen, rule.Hits = s.next, 0, 0
	s.rules = append(s.rules, &rule)
	return rule, nil
}

// Rules lists what is in force, with how often each rule was hit.
func (s *Script) Rules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Rule, len(s.rules))
	for i, rule := range s.rules {
		list[i] = *rule
	}
	return list
}

// Remove takes the rule of that number out of force; 0 means all.
func (s *Script) Remove(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = slices.DeleteFunc(s.rules, func(r *Rule) bool { return id == 0 || r.ID == id })
}

// Outcome is what befalls one request: at most one rule of each action, and any quirks.
type Outcome struct {
	byAction map[string]Rule
	Quirks   map[string]bool
}

// Get returns the rule of an action, if one applies.
func (o Outcome) Get(action string) (Rule, bool) {
	rule, ok := o.byAction[action]
	return rule, ok
}

// Decide counts a request against all rules and returns what befalls it.
func (s *Script) Decide(method, route, user string) Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	var o Outcome
	for _, rule := range s.rules {
		if !rule.matches(method, route, user) || !rule.applies() {
			continue
		}
		if rule.Action == "quirk" {
			if o.Quirks == nil {
				o.Quirks = map[string]bool{}
			}
			o.Quirks[rule.Quirk] = true
			continue
		}
		if o.byAction == nil {
			o.byAction = map[string]Rule{}
		}
		if _, taken := o.byAction[rule.Action]; !taken {
			o.byAction[rule.Action] = *rule
		}
	}
	return o
}
