package vault

import "time"

// Run identifies one run of a backup.
type Run struct {
	ID     string // a run that is begun again with the same id is the same run
	Record []byte // which resource this unit is, sealed with every head; nil keeps what is there
}

// Outcome is what the caller knows about a run at its end.
type Outcome struct {
	Partial bool   // something is missing that is not on record with Fail
	Note    string // a sentence for people, without content
}

// Snapshot is one committed state of a unit.
type Snapshot struct {
	Seq      uint64
	Time     time.Time // of the commit
	Run      string
	Progress bool     // a checkpoint of a run that has not ended: browsable, but no snapshot yet
	Partial  bool     // items failed, or the run said so
	Note     string   // of the outcome
	Counts   Counts   // of the snapshot, and of the run that made it
	Hash     [32]byte // of the head, BLAKE3; zero in lists for all but the newest and what the chain recorded
}

// Counts are the numbers of a snapshot.
type Counts struct {
	Items, Folders          int64 // live items of every kind, and how many of them are folders
	Added, Changed, Deleted int64 // against the snapshot before
	Failed                  int64 // failures on record
	BytesRead               int64 // bytes of parts that were put
	BytesStored             int64 // bytes written to the store
}

// Progress are the numbers of a running session.
type Progress struct {
	Counts
	Unchanged   int64     // puts that changed nothing
	Checkpoints int64     // of this session
	Committed   time.Time // of the newest head
}

// Difference is one item that differs between two snapshots.
type Difference struct {
	Change Change
	Before Entry // zero if Added
	After  Entry // zero if Deleted
}
