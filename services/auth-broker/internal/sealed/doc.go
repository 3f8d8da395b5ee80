// Package sealed keeps credentials in the bucket that no other service may read (package drawer):
//
//	credentials.<connection>.<random>   JSON {"secret"} or {"pem"}, sealed
package sealed
