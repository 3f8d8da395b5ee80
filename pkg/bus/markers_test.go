package bus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
)

// Why STATE has no delete markers: that of an expired older fact would be the newest message of its entity,
// and with a history the markers' duration replaces shorter ones of messages.
func TestDeleteMarkersWouldHideStateAndLengthenLives(t *testing.T) {
	const life, marker = time.Second, 3 * time.Second
	js := natstest.Run(t).Connect()
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "MARKED", Subjects: []string{"m.*.*"}, MaxMsgsPerSubject: 8, AllowMsgTTL: true, SubjectDeleteMarkerTTL: marker,
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := js.Publish(t.Context(), "m.a.started", nil, jetstream.WithMsgTTL(life)); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "m.a.ended", nil, jetstream.WithMsgTTL(time.Hour)); err != nil {
		t.Fatal(err)
	}
	every, limit := time.NewTicker(50*time.Millisecond), time.After(10*time.Second)
	defer every.Stop()
	for {
		newest, err := stream.GetLastMsgForSubject(t.Context(), "m.a.*")
		if err != nil {
			t.Fatal(err)
		}
		if newest.Subject == "m.a.started" && newest.Header.Get(jetstream.MarkerReasonHeader) == "MaxAge" {
			break
		}
		select {
		case <-every.C:
		case <-limit:
			t.Fatal("no marker: the server has changed, and the decision can be looked at again")
		}
	}
	if lived := time.Since(began); lived < marker-life {
		t.Errorf("lived %v, as it was told", lived)
	}
}

func TestStateHasNoDeleteMarkers(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	stream, err := js.Stream(t.Context(), bus.StreamState)
	if err != nil || stream.CachedInfo().Config.SubjectDeleteMarkerTTL != 0 {
		t.Errorf("%+v, %v", stream.CachedInfo().Config, err)
	}
}
