package state

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Fields that every entity message has, and those of its change note (tenantkeep.type.v1.Change). They are
// reached by name, so this package knows no message of any service.
const (
	fieldRevision = "revision"
	fieldChange   = "change"
)

// annotate counts the revision up and notes what differs from before (nil at creation).
func annotate(after, before proto.Message, origin Origin) error {
	message := after.ProtoReflect()
	revision, change, err := noteFields(message.Descriptor())
	if err != nil {
		return err
	}
	count := int64(1)
	if before != nil {
		count = before.ProtoReflect().Get(revision).Int() + 1
	}
	message.Set(revision, protoreflect.ValueOfInt64(count))
	note := message.NewField(change).Message()
	setText(note, "cause", origin.Cause)
	setText(note, "run_id", origin.RunID)
	setText(note, "actor", origin.Actor)
	if before != nil {
		noteDifferences(note, message, before.ProtoReflect())
	}
	message.Set(change, protoreflect.ValueOfMessage(note))
	return nil
}

func noteFields(descriptor protoreflect.MessageDescriptor) (revision, change protoreflect.FieldDescriptor, err error) {
	fields := descriptor.Fields()
	revision, change = fields.ByName(fieldRevision), fields.ByName(fieldChange)
	if revision == nil || change == nil || revision.Kind() != protoreflect.Int64Kind || change.Message() == nil {
		return nil, nil, fmt.Errorf("%s is no entity: it needs int64 revision and tenantkeep.type.v1.Change change", descriptor.FullName())
	}
	return revision, change, nil
}

func setText(note protoreflect.Message, name protoreflect.Name, text string) {
	if field := note.Descriptor().Fields().ByName(name); field != nil && text != "" {
		note.Set(field, protoreflect.ValueOfString(text))
	}
}

// noteDifferences names the fields that changed, with what they held before as JSON.
func noteDifferences(note, after, before protoreflect.Message) {
	paths := note.Mutable(note.Descriptor().Fields().ByName("fields")).List()
	values := note.Mutable(note.Descriptor().Fields().ByName("before")).Map()
	for _, field := range differences(after, before) {
		path := string(field.Name())
		paths.Append(protoreflect.ValueOfString(path))
		if text := valueText(field, before); text != "" {
			values.Set(protoreflect.ValueOfString(path).MapKey(), protoreflect.ValueOfString(text))
		}
	}
}

func differences(after, before protoreflect.Message) []protoreflect.FieldDescriptor {
	var changed []protoreflect.FieldDescriptor
	fields := after.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.Name() == fieldRevision || field.Name() == fieldChange {
			continue
		}
		if after.Has(field) != before.Has(field) || !after.Get(field).Equal(before.Get(field)) {
			changed = append(changed, field)
		}
	}
	return changed
}

// valueText is the JSON of one field's value, or "" if it had none: the message with that field alone,
// without the braces and the name around it.
func valueText(field protoreflect.FieldDescriptor, message protoreflect.Message) string {
	if !message.Has(field) {
		return ""
	}
	alone := message.New()
	alone.Set(field, message.Get(field))
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(alone.Interface())
	if err != nil {
		return ""
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return ""
	}
	return string(object[string(field.Name())])
}
