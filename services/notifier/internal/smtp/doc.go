// Package smtp sends messages as mail. STARTTLS is used where the server offers it, TLS from the first
// byte on port 465 (RFC 8314); a password is never sent without either. The Message-ID is made of the delivery's id, so that mail systems
// that see a message twice can tell. Whatever a server refuses for good (5xx) ends the delivery.
package smtp
