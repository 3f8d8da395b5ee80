package export

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// MBOX writes all messages that are chosen.
func (e *Export) MBOX(ctx context.Context, out io.Writer) (Summary, error) {
	var summary Summary
	err := e.each(ctx, &summary, func(item snapshot.Item) (int64, error) {
		text, err := e.render(ctx, item)
		if err != nil {
			return 0, err
		}
		_, err = out.Write(envelope(item, text))
		return int64(len(text)), output(err)
	})
	return summary, err
}

// envelope is a message between its From line and the empty line after it.
func envelope(item snapshot.Item, text []byte) []byte {
	entry := make([]byte, 0, len(text)+128)
	entry = append(entry, "From "+envelopeSender(item.Sender)+" "+item.Time.UTC().Format(time.ANSIC)+"\n"...)
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			entry = append(entry, '>')
		}
		entry = append(append(entry, line...), '\n')
	}
	return append(entry, '\n')
}

// envelopeSender is the address alone, without blanks; MAILER-DAEMON if there is none.
func envelopeSender(sender string) string {
	if at := strings.LastIndexByte(sender, '<'); at >= 0 {
		sender = strings.TrimSuffix(sender[at+1:], ">")
	}
	if sender == "" || strings.ContainsAny(sender, " \t\r\n") {
		return "MAILER-DAEMON"
	}
	return sender
}
