// Package faults is misbehaviour by script: rules that pick requests by method, route, user and
// turn, and say what goes wrong with them.
//
//	{"method":"GET","route":"/users/{user}/mailFolders/{folder}/messages/delta","nth":3,"action":"truncate"}
//	{"user":"a@contoso...","times":5,"action":"status","status":503,"empty":true}
//	{"quirk":"full-mailbox"}
//	{"method":"POST","route":"/users/{user}/mailFolders/{folder}/messages","nth":2,"action":"corrupt","corrupt":"byte"}
//
// A rule applies from its nth match on (1 if not given), times times (once if not given, -1 for
// ever; quirks are for ever by default). The first rule of each action that applies wins; quirks add up. Rules are kept
// until they are deleted, so that a test can read how often each was hit.
//
// Actions:
//
//	status     answer with status (and code, message, headers, body, empty)
//	storm      429 with the service's own body; retryAfter seconds, or none if it is 0
//	expired    401 as for an expired token
//	reset      cut the connection before the answer
//	truncate   send half of the answer, then cut the connection
//	slow       send the answer in pieces, delay milliseconds apart
//	delay      wait delay milliseconds before answering
//	duplicate  the page's next link leads to the same page again
//	corrupt    spoil what the client writes: corrupt is byte, flag or drop
//	quirk      switch a quirk on; quirk alone implies it
//
// Truncation and resets close the TCP connection, as a broken network does.
package faults
