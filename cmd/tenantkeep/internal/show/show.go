// Package show prints what a command has to say: tables for people, the API's own messages as JSON
// for programs.
package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Printer writes to one output, either way.
type Printer struct {
	Out  io.Writer
	JSON bool
}

// Message prints a message: as JSON, or else by the function.
func (p Printer) Message(message proto.Message, people func(io.Writer)) error {
	if !p.JSON {
		people(p.Out)
		return nil
	}
	return p.json(message, func(out *bytes.Buffer, text []byte) error { return json.Indent(out, text, "", "  ") })
}

// json prints in one form: protojson varies its blanks from build to build, so that nobody relies on them.
func (p Printer) json(message proto.Message, format func(*bytes.Buffer, []byte) error) error {
	text, err := protojson.Marshal(message)
	var out bytes.Buffer
	if err == nil {
		err = format(&out, text)
	}
	if err == nil {
		_, err = fmt.Fprintln(p.Out, out.String())
	}
	return fault.As(fault.Internal, "print", err)
}

// Line prints a message of a stream: as one line of JSON, or else by the function.
func (p Printer) Line(message proto.Message, people func(io.Writer)) error {
	if !p.JSON {
		people(p.Out)
		return nil
	}
	return p.json(message, json.Compact)
}

// Table writes rows under a header, in columns. Without rows it says so.
func Table(out io.Writer, header string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprintln(out, "none")
		return
	}
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = Plain(cell)
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	_ = table.Flush() // an output that is gone ends the command anyway
}

// Plain keeps a mail's subject from moving the cursor or starting a line.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// Time is a moment to the second, in the reader's zone; "-" for none.
func Time(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().Local().Format(time.DateTime)
}

// Duration is how long in words as short as they can be: 6h, not 6h0m0s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Bytes is a size with a unit.
func Bytes(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/1000, 0
	for size >= 1000 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", size, units[unit])
}

// Word turns the name of an enumeration's value into a word: BACKUP_OUTCOME_PARTIAL, with the
// prefix BACKUP_OUTCOME_, is partial.
func Word(value fmt.Stringer, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(value.String(), prefix)), "_", " ")
}

// Last is the last part of a resource name.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
