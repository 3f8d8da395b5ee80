package drivetarget

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// The parts of a file in a snapshot: see package content of the vault.
const (
	itemPart    = "item"
	contentPart = "content"
)

// datesOf reads the dates of a file or folder out of what Graph said about it.
func datesOf(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) (drive.Dates, error) {
	if open == nil {
		return drive.Dates{}, nil
	}
	stream, err := open(ctx)
	if err != nil {
		return drive.Dates{}, fault.Wrap("read from snapshot", err)
	}
	raw, err := io.ReadAll(stream)
	if closeErr := stream.Close(); err == nil {
		err = closeErr
	}
	item := drive.ParseItem(raw)
	return drive.Dates{Created: item.Created, Modified: item.Modified}, fault.Wrap("read from snapshot", err)
}

// sizeOf is how many bytes are stored, which for some kinds of files is not what Graph states.
func sizeOf(item snapshot.Item) int64 {
	for _, part := range item.Parts {
		if part.Name == contentPart {
			return part.Size
		}
	}
	return 0
}
