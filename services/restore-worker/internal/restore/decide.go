package restore

// Verb is what happens to an item.
type Verb uint8

// The verbs.
const (
	Skip     Verb = iota // it is there
	Made                 // this restore made it, before it was interrupted
	Create               // put it in
	Replace              // put it in, in the place of others
	Complete             // finish what an interrupted restore began
)

// Action is what to do with one item.
type Action struct {
	Verb    Verb
	Mine    Found   // the one to complete
	Instead []Found // what is replaced
}

// Decide says what to do with an item, given what the target has that is the same item.
func Decide(policy Policy, mine Mark, found []Found) Action {
	var own, begun *Found
	var others []Found
	equal := false
	for i, f := range found {
		switch same := f.Mark.Item == mine.Item && f.Mark.Version == mine.Version; {
		case same && f.Mark.Unfinished:
			begun = &found[i]
		case same && f.Mark.Restore == mine.Restore:
			own = &found[i]
		case same && policy != ReplaceExisting:
			equal = true // another restore made the very same; if it replaces, somebody may have edited it since
		default:
			others = append(others, f)
		}
	}
	switch replace := policy == ReplaceExisting; {
	case begun != nil:
		return Action{Complete, *begun, instead(replace, others)}
	case own != nil && replace && len(others) > 0:
		return Action{Complete, *own, others} // the new one is there, and the old ones too
	case own != nil:
		return Action{Verb: Made}
	case equal:
		return Action{Verb: Skip}
	case len(others) == 0 || policy == CopyBeside:
		return Action{Verb: Create}
	case policy == SkipExisting || len(others) == 1 && others[0].Same:
		return Action{Verb: Skip}
	default:
		return Action{Verb: Replace, Instead: others}
	}
}

func instead(replace bool, others []Found) []Found {
	if replace {
		return others
	}
	return nil
}
