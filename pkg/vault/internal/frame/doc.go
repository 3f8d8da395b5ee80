// Package frame compresses and seals: the frames of docs/formats.md, the keys that are derived
// from a unit's secret, and the ids of payloads.
//
// Sealing is AES-256-GCM with random nonces; the additional data ties a frame to its vault, unit,
// object and place, so one that was moved or exchanged does not open.
package frame
