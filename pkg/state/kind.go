package state

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
)

// Kind is a sort of entity.
type Kind struct {
	Name     string
	Internal bool          // facts stay inside: not in EVENTS, never seen by other teams
	TTL      time.Duration // how long an entity stays after its last change; 0 for ever
}

const day = 24 * time.Hour

// The kinds, by the service that writes them. What is public here is what other teams can read.
var (
	// auth-broker
	KindConnection = Kind{Name: "connection"}
	KindGrant      = Kind{Name: "grant"}
	KindCredential = Kind{Name: "credential", Internal: true} // what signs in and until when; never the secret
	KindKey        = Kind{Name: "key", Internal: true}

	// directory-sync
	KindUser       = Kind{Name: "user"}
	KindGroup      = Kind{Name: "group"}
	KindMembership = Kind{Name: "membership"}
	KindMapping    = Kind{Name: "mapping"}
	KindWorkflow   = Kind{Name: "workflow"}
	KindPlan       = Kind{Name: "plan", TTL: 90 * day}
	KindRun        = Kind{Name: "run", TTL: 90 * day}
	KindDrift      = Kind{Name: "drift", TTL: 90 * day}
	KindCursor     = Kind{Name: "cursor", Internal: true} // delta links and the like

	// backup-worker. A job is kept a week: what it did is in its resource and in the vault.
	KindProfile  = Kind{Name: "profile"}
	KindResource = Kind{Name: "resource"}
	KindJob      = Kind{Name: "job", TTL: 7 * day}
	KindSchedule = Kind{Name: "schedule", Internal: true}
	KindCoverage = Kind{Name: "coverage"}

	// restore-worker
	KindRestore = Kind{Name: "restore", TTL: 90 * day}
	KindExport  = Kind{Name: "export", TTL: 30 * day}

	// notifier
	KindChannel  = Kind{Name: "channel"}
	KindRule     = Kind{Name: "rule"}
	KindDelivery = Kind{Name: "delivery", TTL: 30 * day}

	// every service, for its own entities
	KindClaim = Kind{Name: "claim", Internal: true} // a unique value and who has it
	KindChunk = Kind{Name: "chunk", Internal: true, TTL: 90 * day}

	// A command that its caller may repeat, and what it led to.
	KindRequest = Kind{Name: "request", Internal: true, TTL: day}
)

// Kinds lists all of them.
var Kinds = []Kind{
	KindConnection, KindGrant, KindCredential, KindKey,
	KindUser, KindGroup, KindMembership, KindMapping, KindWorkflow, KindPlan, KindRun, KindDrift, KindCursor,
	KindProfile, KindResource, KindJob, KindSchedule, KindCoverage,
	KindRestore, KindExport,
	KindChannel, KindRule, KindDelivery,
	KindClaim, KindChunk, KindRequest,
}

func (k Kind) root() string {
	if k.Internal {
		return bus.RootInternal
	}
	return bus.RootState
}

// known finds kinds by root and name.
var known = func() map[string]Kind {
	index := make(map[string]Kind, len(Kinds))
	for _, kind := range Kinds {
		index[kind.root()+"."+kind.Name] = kind
	}
	return index
}()

// kindOf finds a kind by the first two tokens of a subject. A name that is not in [Kinds] was written by
// a newer version; it is passed on as it is.
func kindOf(root, name string) Kind {
	if kind, ok := known[root+"."+name]; ok {
		return kind
	}
	return Kind{Name: name, Internal: root == bus.RootInternal}
}
