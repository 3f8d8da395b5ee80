package restore

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// places knows which folder of the target each folder of the snapshot goes to. Folders that the
// target refuses are remembered with the reason, which becomes that of every item in them.
type places struct {
	reader snapshot.Reader
	tree   *snapshot.Tree
	target Target
	order  Order
	base   string // id in the target below which everything goes
	ids    map[string]placed
}

type placed struct {
	id  string
	err error
}

// prepare makes sure of every folder that the choice needs, parents first.
func prepare(ctx context.Context, reader snapshot.Reader, tree *snapshot.Tree, target Target, order Order, choice *snapshot.Choice) (*places, error) {
	p := &places{reader: reader, tree: tree, target: target, order: order, ids: map[string]placed{}}
	if err := p.findBase(ctx); err != nil {
		return nil, err
	}
	p.ids[snapshot.Top] = placed{id: p.base}
	if order.Into != "" {
		// Selected folders go side by side below the base, without what was above them.
		for _, root := range choice.Roots {
			if folder, ok := tree.Folder(root); ok {
				p.ids[folder.Parent] = placed{id: p.base}
			}
		}
		for _, item := range choice.Items {
			p.ids[item.Folder] = placed{id: p.base}
		}
	}
	for _, folder := range choice.Folders {
		if err := p.ensure(ctx, folder.ID); err != nil {
			return nil, err
		}
	}
	for _, item := range choice.Items {
		if err := p.ensure(ctx, item.Folder); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// findBase walks down the path that everything goes below.
func (p *places) findBase(ctx context.Context) error {
	p.base = snapshot.Top
	for _, name := range snapshot.Split(p.order.Into) {
		id, err := p.target.Folder(ctx, Wanted{Parent: p.base, Name: name})
		if err != nil {
			return fault.Wrap("make sure of the target folder", err)
		}
		p.base = id
	}
	return nil
}

// ensure makes sure of a folder and those above it. Its error concerns the whole run.
func (p *places) ensure(ctx context.Context, id string) error {
	if _, known := p.ids[id]; known {
		return nil
	}
	folder, ok := p.tree.Folder(id)
	if !ok { // its folder was not read; the top is the next best place
		p.ids[id] = placed{id: p.base}
		return nil
	}
	if err := p.ensure(ctx, folder.Parent); err != nil {
		return err
	}
	parent := p.ids[folder.Parent]
	if parent.err != nil {
		p.ids[id] = parent
		return nil
	}
	made, err := p.target.Folder(ctx, Wanted{
		Parent: parent.id, Name: folder.Name, Source: folder, Own: p.order.Into == "",
		Open: func(ctx context.Context) (io.ReadCloser, error) { return p.reader.OpenFolder(ctx, id) },
	})
	if fatal(err) {
		return fault.Wrap("make sure of a folder", err)
	}
	p.ids[id] = placed{made, fault.Wrap("make sure of its folder", err)}
	return nil
}

// of is where the items of a folder go.
func (p *places) of(folder string) (string, error) {
	place, known := p.ids[folder]
	if !known {
		return p.base, nil
	}
	return place.id, place.err
}
