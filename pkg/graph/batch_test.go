package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

type envelope struct {
	Requests []struct {
		ID, Method, URL string
		Headers         map[string]string
		DependsOn       []string
	}
}

func mailboxBatch(calls int, answer func(i int, body []byte, err error) error) Batch {
	b := Batch{Name: "try", Answer: answer, Price: func(calls, upload int64) ratelimit.Price {
		return MailboxPrice("u", calls, upload)
	}}
	for i := range calls {
		b.Calls = append(b.Calls, BatchCall{Path: fmt.Sprintf("/users/u/messages/%d", i)})
	}
	return b
}

func TestThrottledMembersAreSentAgain(t *testing.T) {
	var sent []int
	client, _, _ := script(t, func(n int, w http.ResponseWriter, r *http.Request) {
		var e envelope
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || r.URL.Path != "/v1.0/$batch" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		sent = append(sent, len(e.Requests))
		var answers []string
		for i, call := range e.Requests {
			switch {
			case n == 0 && i%2 == 1:
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":429,"headers":{"Retry-After":"0.3"},"body":{"error":{"code":"ApplicationThrottled","message":"MailboxConcurrency"}}}`, call.ID))
			case call.ID == "4":
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":404,"body":{"error":{"code":"ErrorItemNotFound","message":"gone"}}}`, call.ID))
			default:
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":200,"body":{"at":%q}}`, call.ID, call.URL))
			}
		}
		fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(answers, ","))
	})
	got := map[int]string{}
	start := time.Now()
	err := client.Send(t.Context(), mailboxBatch(25, func(i int, body []byte, err error) error {
		if i == 4 && fault.Is(err, fault.NotFound) {
			body, err = []byte("gone"), nil
		}
		if _, twice := got[i]; twice {
			t.Errorf("call %d is answered twice", i)
		}
		got[i] = string(body)
		return err
	}))
	if err != nil || len(got) != 25 || got[4] != "gone" || got[24] != `{"at":"/users/u/messages/24"}` {
		t.Errorf("%v, %v", got, err)
	}
	if fmt.Sprint(sent) != "[20 15]" || time.Since(start) < 300*time.Millisecond {
		t.Errorf("batches of %v in %s", sent, time.Since(start))
	}
	if counts := client.Meter().Read(); counts.Requests != 2 || counts.Batched != 35 || counts.Throttled != 10 {
		t.Errorf("%+v", counts)
	}
}

func TestMembersWithoutAnswerAreSentAgain(t *testing.T) {
	client, _, _ := script(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 0 {
			fmt.Fprint(w, `{"responses":[{"id":"0","status":200,"body":{}},{"id":"1","sta`)
			return
		}
		var e envelope
		_ = json.NewDecoder(r.Body).Decode(&e)
		if len(e.Requests) != 1 || e.Requests[0].ID != "1" {
			t.Errorf("%+v", e)
		}
		fmt.Fprint(w, `{"responses":[{"id":"1","status":200,"body":{}}]}`)
	})
	answered := 0
	if err := client.Send(t.Context(), mailboxBatch(2, func(_ int, _ []byte, err error) error { answered++; return err })); err != nil || answered != 2 {
		t.Errorf("%d, %v", answered, err)
	}
}

func TestTooLargeAnswerLeavesItToSingleCalls(t *testing.T) {
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"responses":[{"id":"1","status":200,"body":{}},{"id":"0","status":200,"body":%q}]}`, bytes.Repeat([]byte("x"), 1<<20))
	})
	b := mailboxBatch(2, nil)
	b.MaxItem = 100_000
	reasons := map[int]string{}
	b.Answer = func(i int, _ []byte, err error) error { reasons[i] = fault.ReasonOf(err); return nil }
	if err := client.Send(t.Context(), b); err != nil || reasons[0] != "GRAPH_ITEM_TOO_LARGE" || reasons[1] != "" {
		t.Errorf("%v, %v", reasons, err)
	}
}

func TestBatchGoesOneByOneWhereSlotsAreShared(t *testing.T) {
	var chained []int
	client, _, server := script(t, func(n int, w http.ResponseWriter, r *http.Request) {
		var e envelope
		_ = json.NewDecoder(r.Body).Decode(&e)
		count, answers := 0, []string{}
		for i, call := range e.Requests {
			count += len(call.DependsOn)
			switch {
			case n == 0 && i == 1:
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":404,"body":{"error":{"code":"ErrorItemNotFound"}}}`, call.ID))
			case n == 0 && i > 1:
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":424,"body":{"error":{"code":"FailedDependency"}}}`, call.ID))
			default:
				answers = append(answers, fmt.Sprintf(`{"id":%q,"status":200,"body":{}}`, call.ID))
			}
		}
		chained = append(chained, count)
		fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(answers, ","))
	})
	ledger := ratelimit.NewMemory()
	client.Close()
	client = New(Config{Cloud: m365.Simulated(server.URL), Connection: "c", Tokens: &issuer{}, Ledger: ledger})
	t.Cleanup(client.Close)
	other := ratelimit.Ask{Connection: "c", Scope: "mail/u", Holder: "other", Slots: ratelimit.Slots{Max: 4, Need: 1, Want: 3, For: time.Minute}}
	if _, err := ledger.Acquire(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	kinds := map[int]fault.Kind{}
	err := client.Send(t.Context(), mailboxBatch(5, func(i int, _ []byte, err error) error {
		if err != nil {
			kinds[i] = fault.KindOf(err)
		}
		return nil
	}))
	if err != nil || len(kinds) != 1 || kinds[1] != fault.NotFound || fmt.Sprint(chained) != "[4 2]" {
		t.Errorf("%v, failed %v, chained %v", err, kinds, chained)
	}
}

func TestWritesInABatchAreNotRepeatedBlindly(t *testing.T) {
	requests := 0
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		requests++
		fmt.Fprint(w, `{"responses":[{"id":"0","status":500,"body":{"error":{"code":"generalException"}}}]}`)
	})
	b := mailboxBatch(1, nil)
	b.Calls[0].Method, b.Calls[0].Body = http.MethodPost, []byte(`{}`)
	var got error
	b.Answer = func(_ int, _ []byte, err error) error { got = err; return nil }
	if err := client.Send(t.Context(), b); err != nil || !fault.Is(got, fault.Transient) || requests != 1 {
		t.Errorf("%v, %v after %d requests", err, got, requests)
	}
}
