// Package directory decides who is in the directory: given what Entra holds and the mappings that a
// person made, which of our users come, change, stop and go, and why.
//
//	Mirror (Entra as far as read) --\
//	Rules  (mappings, in order)   ---> Decide -> ordered changes, each with its reason
//	users  (ours)                 --/
//
// There is no other rule for a delta than for a full read: what is decided about one user depends on
// what Entra says of that one alone, so a delta may leave out whoever the same rules have been applied
// to. The decision has no clock and no randomness, and does not depend on the order of what it is given.
// Applying its changes and deciding again yields none.
//
// # Who is a user
//
// The link is the Entra object id. A new name on the same id is an update; the same name on another id
// is another user, so what was backed up of one person never mixes with another's.
//
//	in Entra  may sign in  a mapping matches  imported by a person   state
//	no        -            -                  -                      removed, if we had it
//	yes       -            -                  yes                    active
//	yes       no           -                  no                     suspended, if we had it
//	yes       yes          no                 no                     suspended, if we had it
//	yes       yes          yes                no                     active
//
// Someone who was never active does not become a user by being blocked or out of scope. The profile is
// that of the mapping with the smallest priority, unless a person pinned another. Who is suspended
// keeps the last mapping and profile.
//
// # What is never done
//
// A change that suspends or removes more users than [Guard] allows is held back as a whole, unless a
// person says that it is meant. The mirror is only ever built from complete reads; see package run.
package directory
