package bus

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Config is what differs between installations. The zero value is the all-in-one.
type Config struct {
	Replicas  int           // copies of every stream: 1 or 3; default 1
	EventsAge time.Duration // how long events can be replayed; default 30 days
	AuditAge  time.Duration // how long audit records stay; default 400 days
	AckWait   time.Duration // a job without a heartbeat for so long goes to another worker; default 30 s
	JobFuse   int           // deliveries of one job before it is taken out as a crash loop; default 20
	LeaderTTL time.Duration // a silent leader is replaced after so long; default 10 s
	MaxBytes  int64         // limit of each derived stream (events, their twin, dead letters); default none
}

const day = 24 * time.Hour

func (c Config) withDefaults() Config {
	fill(&c.Replicas, 1)
	fill(&c.EventsAge, 30*day)
	fill(&c.AuditAge, 400*day)
	fill(&c.AckWait, 30*time.Second)
	fill(&c.JobFuse, 20)
	fill(&c.LeaderTTL, 10*time.Second)
	fill(&c.MaxBytes, -1)
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// dedupe is how long a publisher may repeat itself after a lost acknowledgement.
const dedupe = 2 * time.Minute

func streams(c Config) []jetstream.StreamConfig {
	all := []jetstream.StreamConfig{state(), events(c), eventsJSON(c), jobs(), schedules(), retries(), deadLetters(c), advisories(), audit(c)}
	for i := range all {
		all[i].Storage, all[i].Replicas, all[i].Duplicates = jetstream.FileStorage, c.Replicas, dedupe
		all[i].MaxConsumers = -1
	}
	return all
}

// state has no rollup, since its header would let whoever may write one subject wipe them all, and no
// delete markers: the marker of an expired older fact would pass for the entity's newest state. Eight
// messages per subject keep the events of a burst that sourcing has not read yet.
func state() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamState, Description: "The truth: the newest message of an id is its state",
		Subjects:          []string{RootState + ".*.*.*.*", RootInternal + ".*.*.*.*"},
		MaxMsgsPerSubject: 8, MaxMsgSize: maxMessage,
		AllowDirect: true, AllowMsgTTL: true, AllowAtomicPublish: true,
	}
}

// maxMessage bounds a message with its headers; larger values are cut into chunks by their owner.
const maxMessage = 600 << 10

// events drops nothing by message TTL, although the header is copied: an event lives as long as the
// stream says, however short-lived its entity is.
func events(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamEvents, Description: "Public facts, sourced from STATE",
		MaxAge: c.EventsAge, MaxBytes: c.MaxBytes, AllowDirect: true,
		Sources: []*jetstream.StreamSource{{Name: StreamState, SubjectTransforms: []jetstream.SubjectTransformConfig{{
			Source:      RootState + ".*.*.*.*",
			Destination: RootEvents + ".{{wildcard(2)}}.{{wildcard(1)}}.{{wildcard(4)}}.{{wildcard(3)}}",
		}}}},
	}
}

func eventsJSON(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamEventsJSON, Description: "Public facts as JSON",
		Subjects: []string{RootJSON + ".*.*.*.*"},
		MaxAge:   c.EventsAge, MaxBytes: c.MaxBytes, AllowDirect: true,
	}
}

// jobs refuses a second message of a subject, so a resource is queued or running once per class.
func jobs() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamJobs, Description: "Queue of jobs, one per class and resource",
		Subjects:  []string{RootJobs + ".*.*.*"},
		Retention: jetstream.WorkQueuePolicy,
		Discard:   jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1,
		AllowDirect: true,
	}
}

// schedules is apart from the queue, because schedules refuse discard-new, and because a schedule may
// write to any subject of its own stream whatever the permissions of its author. It has few writers.
func schedules() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamSchedules, Description: "Schedules, and what they fire",
		Subjects:          []string{RootSchedules + ".*", RootDue + ".*"},
		Retention:         jetstream.WorkQueuePolicy, // what was fired goes once it is acknowledged
		MaxMsgsPerSubject: 1, AllowDirect: true, AllowMsgTTL: true, AllowMsgSchedules: true,
	}
}

// retries is apart from schedules because every worker writes here.
func retries() jetstream.StreamConfig {
	config := schedules()
	config.Name, config.Description = StreamRetries, "Jobs put off, and those that come back"
	config.Subjects = []string{RootRetries + ".*.*.*", RootAgain + ".*.*.*"}
	return config
}

func deadLetters(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamDeadLetters, Description: "What nobody could process",
		Subjects: []string{RootDead + ".>"},
		MaxAge:   c.AuditAge, MaxBytes: c.MaxBytes, AllowDirect: true,
	}
}

func advisories() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamAdvisories, Description: "Jobs that were delivered too often",
		Subjects: []string{AdvisoryMaxDeliveries}, MaxAge: 30 * day, AllowDirect: true,
	}
}

func audit(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamAudit, Description: "Who did what",
		Subjects: []string{RootAudit + ".>"},
		MaxAge:   c.AuditAge, DenyDelete: true, DenyPurge: true, AllowDirect: true,
	}
}

// buckets are one for each service that keeps secrets: who may write one key of a bucket can wipe it all.
// They keep one version, because a longer history silently lengthens a key's TTL.
func buckets(c Config) []jetstream.KeyValueConfig {
	all := []jetstream.KeyValueConfig{
		{Bucket: BucketSealed, Description: "Sealed credentials of connections"},
		{Bucket: BucketChannels, Description: "Sealed secrets of channels"},
	}
	for i := range all {
		all[i].History, all[i].Storage, all[i].Replicas, all[i].LimitMarkerTTL = 1, jetstream.FileStorage, c.Replicas, time.Hour
	}
	return all
}

// consumers exist before the first worker does: an autoscaler takes a missing consumer for an endless
// queue (https://github.com/kedacore/keda/issues/7657).
func consumers(c Config) map[string][]jetstream.ConsumerConfig {
	all := map[string][]jetstream.ConsumerConfig{
		StreamRetries:    {reader(ConsumerRetries, c.AckWait, RootAgain+".*.*.*")},
		StreamAdvisories: {reader(ConsumerFuse, c.AckWait, AdvisoryMaxDeliveries)},
		StreamSchedules:  {leader(ConsumerDispatcher, c, RootDue+".*")},
	}
	for _, class := range JobClasses {
		config := reader(JobConsumer(class), c.AckWait, join(RootJobs, class, "*", "*"))
		config.MaxDeliver = c.JobFuse
		all[StreamJobs] = append(all[StreamJobs], config)
	}
	return all
}

func reader(name string, ackWait time.Duration, filter string) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: name, FilterSubject: filter,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: maxPending, MaxDeliver: -1,
	}
}

// maxPending is only a bound on memory: how much runs at once is the dispatcher's decision.
const maxPending = 20_000

func leader(name string, c Config, filter string) jetstream.ConsumerConfig {
	config := reader(name, c.AckWait, filter)
	config.PriorityPolicy, config.PriorityGroups, config.PinnedTTL = jetstream.PriorityPolicyPinned, []string{LeaderGroup}, c.LeaderTTL
	return config
}
