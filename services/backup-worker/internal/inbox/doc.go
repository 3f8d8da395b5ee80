// Package inbox takes in what the directory says about users and turns it into protected
// resources, each of which gets its first backup without anybody asking.
//
//	user-provisioned, -updated, -suspended, -removed   one user
//	profile-created, -updated, -deleted                every user of that profile
//	start, and every 10 minutes                        everything, from state
//
// Events are hints: each leads to the same decision from the newest state, so it does not matter if
// one comes late, twice or out of order, and what was missed is made up for by the next round.
package inbox
