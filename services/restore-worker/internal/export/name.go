package export

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many bytes a name may have: with a few folders it stays below the 260 characters
// of a path on Windows, and far below the 255 bytes of a name on Linux.
const maxName = 120

// reserved are the names of devices, which no file may have on Windows, whatever its extension:
// https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
var reserved = func() map[string]bool {
	names := map[string]bool{"con": true, "prn": true, "aux": true, "nul": true}
	for i := 1; i <= 9; i++ {
		names["com"+strconv.Itoa(i)], names["lpt"+strconv.Itoa(i)] = true, true
	}
	return names
}()

// safe makes a name that every file system takes. extension is kept whole.
func safe(name, extension string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune(`<>:"/\|?*`, r):
			return '_'
		default:
			return r
		}
	}, strings.ToValidUTF8(name, "_"))
	clean = shorten(strings.TrimSpace(clean), maxName-len(extension))
	clean = strings.TrimRight(clean, ". ")
	if stem, _, _ := strings.Cut(strings.ToLower(clean), "."); clean == "" || reserved[strings.TrimSpace(stem)] {
		clean = "_" + clean
	}
	return clean + extension
}

func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// names gives each folder's names out once.
type names map[string]bool

// take returns the path of a name in a folder (ending in a slash, or empty) that is not taken yet.
func (n names) take(folder, name, extension string) string {
	path := folder + safe(name, extension)
	for i := 2; n[strings.ToLower(path)]; i++ {
		number := " (" + strconv.Itoa(i) + ")"
		path = folder + safe(shorten(name, maxName-len(extension)-len(number))+number, extension)
	}
	n[strings.ToLower(path)] = true
	return path
}
