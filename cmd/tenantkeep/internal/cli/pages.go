package cli

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const pageSize = 500

// every reads all pages of a list and returns them as one answer without a next page.
func every[Q, A proto.Message](ctx context.Context, request Q, list func(context.Context, Q, ...grpc.CallOption) (A, error)) (A, error) {
	var all A
	setField(request, "page_size", protoreflect.ValueOfInt32(pageSize))
	for first := true; ; first = false {
		page, err := list(ctx, request)
		if err != nil {
			return all, err
		}
		next := page.ProtoReflect().Get(field(page, "next_page_token")).String()
		page.ProtoReflect().Clear(field(page, "next_page_token"))
		if first {
			all = page
		} else {
			proto.Merge(all, page) // appends what repeats
		}
		if next == "" {
			return all, nil
		}
		setField(request, "page_token", protoreflect.ValueOfString(next))
	}
}

func field(message proto.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return message.ProtoReflect().Descriptor().Fields().ByName(name)
}

func setField(message proto.Message, name protoreflect.Name, value protoreflect.Value) {
	message.ProtoReflect().Set(field(message, name), value)
}
