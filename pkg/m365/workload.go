package m365

import "fmt"

// Workload is a kind of content that is protected. Its text is what stands in ids, on the
// command line and in events.
type Workload string

// The workloads that can be protected today.
const (
	Mail  Workload = "mail"  // a user's mailbox: folders and messages
	Files Workload = "files" // a user's OneDrive: folders and files
)

// ParseWorkload accepts the name of a workload.
func ParseWorkload(text string) (Workload, error) {
	switch w := Workload(text); w {
	case Mail, Files:
		return w, nil
	default:
		return "", fmt.Errorf("workload %q: known are mail and files", text)
	}
}
