package directorysync

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Config is what only directory-sync can be told.
type Config struct {
	Interval time.Duration // between two syncs of a connection
	LeaseFor time.Duration // how long a process that died keeps others from syncing its connections
}

// Delta queries for directory objects are cheap, and Graph itself may show a change minutes late:
// https://learn.microsoft.com/graph/delta-query-overview#replication-delays
const (
	defaultInterval  = 10 * time.Minute
	shortestInterval = time.Second
	defaultLease     = 20 * time.Second
)

// ReadConfig reads the environment.
func ReadConfig(getenv func(string) string) (Config, error) {
	config := Config{Interval: defaultInterval, LeaseFor: defaultLease}
	text := getenv("TENANTKEEP_SYNC_INTERVAL")
	if text == "" {
		return config, nil
	}
	interval, err := time.ParseDuration(text)
	if err != nil || interval < shortestInterval {
		return Config{}, fault.New(fault.Invalid, "read TENANTKEEP_SYNC_INTERVAL", "\""+text+"\" is no time of a second or more",
			fault.Next("write it as 10m or 1h30m"))
	}
	config.Interval = interval
	return config, nil
}
