package mail

// Extended properties that keep what the API itself does not take when a message is created: MAPI
// tags in Graph's notation. https://learn.microsoft.com/en-us/graph/api/resources/singlevaluelegacyextendedproperty
const (
	propertyFlags     = "Integer 0x0E07"    // PidTagMessageFlags: without the unsent bit (8) it is no draft
	propertySent      = "SystemTime 0x0039" // PidTagClientSubmitTime
	propertyDelivered = "SystemTime 0x0E06" // PidTagMessageDeliveryTime
	propertyMarker    = "String {8b1e5a3c-52f4-4f0e-9f53-3d6f0f6d2c11} Name TenantkeepItem"
	flagsSubmitted    = "4" // what Exchange itself sets when a message was sent
)

// unfinished stands before the marker of a message whose attachments are still being uploaded, so
// that a restore that was cut off does not take it for whole.
const unfinished = "unfinished:"
