// Package sealed keeps credentials in the bucket that no other service may read, each sealed for its own
// key (package seal), so that one copied to another connection does not open:
//
//	credential.<connection>.<random>   JSON {"secret"} or {"pem"}, sealed
package sealed
