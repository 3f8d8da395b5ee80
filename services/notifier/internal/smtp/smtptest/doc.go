// Package smtptest is a mail server for tests, over TCP, that takes mail and keeps it in memory, and refuses
// what it is told to.
package smtptest
