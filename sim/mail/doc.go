// Package mail is the simulated Exchange Online, as far as Graph's mail API shows it: folders,
// messages, attachments, upload sessions, MIME, deltas.
//
// # A mailbox costs no memory until it is changed
//
// A message has a key: folder number and index for those made up from the seed, a running number
// for those that clients or the control API create. A made-up message is generated whenever it
// is read; once it is changed, an entry in the mailbox says what is different, and only then.
//
//	folder 2, 400 messages:   keys 2:1 .. 2:400, received in this order
//	changes of the mailbox:   {2:17 read} {2:40 moved to folder 5} {0:1 created in 2} ...
//
// Every change has a number. A delta token is a range of them, per folder; what was made up
// counts as changes 1..n of its folder. Expire makes all tokens worthless: 410 SyncStateNotFound.
//
// # Ids
//
// There are two spellings of a message id. The immutable one (Prefer: IdType="ImmutableId")
// names the key; the other one names the folder too, and so dies with a move. Both are accepted
// everywhere, both are case-sensitive.
//
// # Creating
//
// A message posted without extended properties is a draft of this moment. With PidTagMessageFlags
// (Integer 0x0E07), PidTagClientSubmitTime (SystemTime 0x0039) and PidTagMessageDeliveryTime
// (SystemTime 0x0E06) in the same POST it is what they say. Bodies are kept as they were sent;
// Exchange would sanitise some HTML.
//
// DELETE puts a message into recoverableitemsdeletions, permanentDelete removes it.
//
// Sources:
//   - https://learn.microsoft.com/graph/api/resources/message, .../mailfolder, .../attachment
//   - https://learn.microsoft.com/graph/api/message-delta, https://learn.microsoft.com/graph/delta-query-messages
//   - https://learn.microsoft.com/graph/outlook-immutable-id
//   - https://learn.microsoft.com/graph/outlook-large-attachments
//   - https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get
//   - MIME: https://learn.microsoft.com/graph/outlook-get-mime-message, .../outlook-send-mime-message
//   - properties: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops
package mail
