// Package sim is m365sim, a Microsoft 365 tenant for everyone who has none: developers, tests,
// evaluation and benchmarks. It serves login, Microsoft Graph v1.0 and the pre-authenticated
// upload hosts on one address, told apart by the path:
//
//	/{tenant}/oauth2/v2.0/token        login             package login
//	/v1.0/... and /beta/...            Graph             packages gateway, directory, mail, drive, subscription
//	/outlook.office.com/...            upload sessions   package mail
//	/contoso-my.sharepoint.com/...     file contents     package drive
//	/sim/...                           control           package control
//
// A client that lets its cloud's endpoints be configured cannot tell the difference: login and
// Graph are both at the address of the server. [Server] is an http.Handler, so a test does
//
//	tenant, err := sim.New(sim.Config{Users: 3, Mails: 100, Files: 50, Seed: 7})
//	server := httptest.NewServer(tenant)
//	defer tenant.Close() // if anybody subscribes to changes
//
// # Where the truth is
//
// Each family follows the pages that its package names; where those leave something open, the
// behaviour that clients reported is taken, with the issue named beside it (see faults.Quirks).
// Content is made up from a seed whenever it is read and kept only where it was changed, so a
// tenant with a million mails costs no memory until somebody reads them.
//
// # What is not simulated
//
// Exchange rewrites some of the HTML that it stores; the simulator keeps bodies as they were
// sent. Permissions are those of the application, there are no signed-in users.
package sim
