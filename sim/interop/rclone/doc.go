// Package rclone runs rclone's OneDrive backend (https://rclone.org/onedrive/) against m365sim.
//
// The backend gets what anybody can set in rclone.conf: client credentials, token_url, drive_id
// and, because the address of Graph is no option of its own, tenant_url with tenant_api_version
// v1.0: the backend puts /drives/{id} behind the two. Low-level retries are off, so that every
// call has to work the first time, and each result is compared with what the simulator says is
// there, by SHA-256, and with the bytes of a download.
package rclone
