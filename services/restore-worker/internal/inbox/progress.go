package inbox

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// window is over how many readings a rate is taken.
const window = 5

// gauge turns readings of a restore, one a second, into what people watch.
type gauge struct {
	readings []reading
}

type reading struct {
	at     time.Time
	done   restore.Progress
	waited time.Duration
}

// read notes a reading and returns the message of it.
func (g *gauge) read(now time.Time, done restore.Progress, spent graph.Counts) []byte {
	g.readings = append(g.readings, reading{now, done, spent.Waited})
	if len(g.readings) > window {
		g.readings = g.readings[1:]
	}
	m := &backupv1.Progress{
		ItemsDone: done.Done, ItemsTotal: done.Total, ItemsFailed: done.Failed,
		BytesDone: done.BytesDone, BytesTotal: done.BytesTotal, Requests: spent.Requests,
	}
	first := g.readings[0]
	if seconds := now.Sub(first.at).Seconds(); seconds > 0 {
		m.ItemsPerSecond = float64(done.Done-first.done.Done) / seconds
		m.BytesPerSecond = float64(done.BytesDone-first.done.BytesDone) / seconds
		// Several calls may wait at a time; more than half of the time waited by one of them counts.
		if spent.Waited-first.waited > now.Sub(first.at)/2 {
			m.WaitingFor = spent.Limit
		}
	}
	if m.GetItemsPerSecond() > 0 {
		m.TimeLeft = durationpb.New(time.Duration(float64(done.Total-done.Done)/m.GetItemsPerSecond()) * time.Second)
	}
	data, err := proto.Marshal(m)
	if err != nil {
		return nil // numbers and a constant always marshal
	}
	return data
}
