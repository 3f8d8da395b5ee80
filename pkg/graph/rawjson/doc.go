// Package rawjson finds its way in JSON without decoding it: where an item of a page begins and
// ends, what one member of an object says. The bytes stay as the server sent them, which is what a
// backup stores, and a mail costs a few microseconds instead of the hundreds of a model.
//
// A [Splitter] cuts a collection page, {"value":[item,...],"@odata.nextLink":"..."}, into its items
// as it arrives. [Members], [Elements], [Field] and [Text] look into one complete value.
//
// The scanner trusts the server to send JSON: it follows strings, brackets and escapes, and does not
// check numbers or commas. What it can not follow to the end (a page cut short) is [ErrTruncated];
// it never reads beyond a slice. Exchange is known to serve control characters below 0x20 raw
// inside strings, which JSON forbids; [Repair] escapes them, so that every other reader can read
// what is stored.
package rawjson
