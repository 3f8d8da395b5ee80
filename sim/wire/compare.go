package wire

import (
	"strings"
	"time"
)

// compare applies an operator; text is compared without case, as Graph does.
func compare(operator string, left, right any) bool {
	order, comparable := ordered(left, right)
	switch operator {
	case "eq":
		return comparable && order == 0
	case "ne":
		return !comparable || order != 0
	case "gt":
		return comparable && order > 0
	case "ge":
		return comparable && order >= 0
	case "lt":
		return comparable && order < 0
	}
	return comparable && order <= 0 // le
}

func ordered(left, right any) (int, bool) {
	switch l := left.(type) {
	case nil:
		return 0, right == nil
	case bool:
		r, ok := right.(bool)
		return map[bool]int{true: 0, false: 1}[l == r], ok
	case time.Time:
		r, ok := asTime(right)
		return l.Compare(r), ok
	case int:
		r, ok := right.(float64)
		return int(float64(l) - r), ok
	case string:
		if r, ok := right.(time.Time); ok {
			t, ok := asTime(l)
			return t.Compare(r), ok
		}
		r, ok := right.(string)
		return strings.Compare(strings.ToLower(l), strings.ToLower(r)), ok
	}
	return 0, false
}

func asTime(value any) (time.Time, bool) {
	switch v := value.(type) {
	case time.Time:
		return v, true
	case string:
		t, err := time.Parse(time.RFC3339, v)
		return t, err == nil
	}
	return time.Time{}, false
}
