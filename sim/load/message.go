package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/mail"
)

// maildirMessage takes the flags from the file name: unique:2,FS. A file in new/ has none.
func maildirMessage(raw []byte, name string, now time.Time) mail.Loaded {
	_, flags, _ := strings.Cut(name, ":2,")
	return mail.Loaded{
		Letter: letter.Parse(raw, now),
		Read:   strings.Contains(flags, "S"), Flag: strings.Contains(flags, "F"), Draft: strings.Contains(flags, "D"),
	}
}

// oneMbox reads an mbox file into a folder.
func oneMbox(path, folder string, now time.Time) (Folders, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var messages []mail.Loaded
	err = split(file, func(raw []byte) { messages = append(messages, mboxMessage(raw, now)) })
	if err != nil {
		return nil, err
	}
	return Folders{folder: messages}, nil
}

func mboxMessage(raw []byte, now time.Time) mail.Loaded {
	header, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader() // what could be read counts
	return mail.Loaded{
		Letter: letter.Parse(raw, now),
		Read:   strings.Contains(header.Get("Status"), "R"), Flag: strings.Contains(header.Get("X-Status"), "F"),
	}
}

// separator is the line before each message: From, sender, date. A sentence that begins with
// From and was not quoted has no time of day in it.
var separator = regexp.MustCompile(`^From \S+ .*\d\d:\d\d`)

// split cuts an mbox into messages. A separator counts behind an empty line or at the start;
// ">From " inside loses one >.
func split(from io.Reader, message func([]byte)) error {
	reader := bufio.NewReaderSize(from, 64<<10)
	var current []byte
	empty, inside := true, false
	for {
		line, err := reader.ReadBytes('\n')
		if empty && separator.Match(line) {
			if inside {
				message(bytes.TrimSuffix(current, lineEnd(current)))
			}
			current, inside, line = nil, true, nil
		}
		if stripped := bytes.TrimLeft(line, ">"); len(stripped) < len(line) && bytes.HasPrefix(stripped, []byte("From ")) {
			line = line[1:]
		}
		empty = len(bytes.TrimRight(line, "\r\n")) == 0
		current = append(current, line...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if inside {
		message(current)
	}
	return nil
}

// lineEnd is the empty line that separates messages, in the file's own style.
func lineEnd(b []byte) []byte {
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return []byte("\r\n")
	}
	return []byte("\n")
}
