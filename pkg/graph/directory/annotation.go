package directory

// removalOf reads @removed, which the SDK leaves among the undeclared members.
func removalOf(undeclared map[string]any) Removal {
	removed, ok := fields(undeclared["@removed"])
	if !ok {
		return Present
	}
	return Removal(text(removed["reason"]))
}

// fields, list and text undo the pointers that the SDK's parser wraps undeclared values in.
func fields(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case *map[string]any:
		return *v, true
	default:
		return nil, false
	}
}

func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case *[]any:
		return *v
	default:
		return nil
	}
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case *string:
		return value(v)
	default:
		return ""
	}
}
