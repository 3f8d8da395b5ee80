// Package drawer keeps sealed values in a JetStream bucket. Each value lies at a key of its own and is
// sealed for it, so that one copied to another key does not open:
//
//	<section>.<owner>.<random>    section: what sort of secret, owner: whose it is
//
// A value never changes. Who replaces one puts the new one, writes its reference where it counts, and
// forgets the old one; what a crash leaves behind is found by listing. The bucket keeps one version, so
// nothing of a forgotten value stays but a marker.
//
// Errors: Precondition with reason SECRET_LOST for a value that is not there, those of package seal for
// one that does not open, Transient if the nats-server does not answer.
package drawer
