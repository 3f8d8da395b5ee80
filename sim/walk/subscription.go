package walk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// walkSubscriptions listens on this machine, which the tenant has to reach, and subscribes.
func (c *client) walkSubscriptions(ctx context.Context, user string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(echo), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	one := "/subscriptions/" + c.post(ctx, "/subscriptions", object{
		"changeType": "created,updated", "notificationUrl": "http://" + listener.Addr().String() + "/notices", "resource": "users/" + user + "/messages",
		"expirationDateTime": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "clientState": "a secret",
	}).text("id")
	c.get(ctx, "/subscriptions")
	c.get(ctx, one)
	c.patch(ctx, one, object{"expirationDateTime": time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)})
	c.post(ctx, one+"/reauthorize", nil)
	c.delete(ctx, one)
	c.err = errors.Join(c.err, server.Close())
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		c.err = errors.Join(c.err, err)
	}
}

// echo answers the validation of an address, and takes notices.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, r.URL.Query().Get("validationToken")) // who is gone needs no answer
}
