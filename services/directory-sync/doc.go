// Package directorysync keeps the directory of every connection in step with Entra: which users there
// are, and which profile protects each. What it finds is said in facts (user-provisioned and others),
// from which backup-worker makes resources and first backups.
//
//	Entra --delta--> entra --> run --> outbox --> state = facts
//	                            |  \
//	                  directory (decides)   schedule (when), api (commands)
//
// Package run has the way of one sync, package directory who becomes what.
//
// Besides what every service is told (package host), the environment says:
//
//	TENANTKEEP_SYNC_INTERVAL   time between two syncs of a connection, such as 10m (the default)
package directorysync
