// Package inbox is what reaches restore-worker besides calls: the resources that backup-worker
// protects, followed in memory, and the queue of restores.
package inbox
