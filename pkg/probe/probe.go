package probe

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Check asks the server at a URL.
func Check(ctx context.Context, text string) error {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" {
		return fault.New(fault.Invalid, "probe", fmt.Sprintf("%q is no URL", text))
	}
	switch target.Scheme {
	case "nats":
		return greets(ctx, target.Host, "", "INFO ")
	case "redis":
		return greets(ctx, target.Host, "PING\r\n", "+PONG", "-NOAUTH")
	case "http":
		return answers(ctx, text)
	}
	return fault.New(fault.Unsupported, "probe", fmt.Sprintf("nothing is known of %s://", target.Scheme))
}

// greets says a line, or nothing, and expects one that starts in one of the ways.
func greets(ctx context.Context, address, say string, ways ...string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return fault.As(fault.Transient, "probe", err)
	}
	stop := context.AfterFunc(ctx, func() { connection.Close() }) // ends what waits below
	defer stop()
	defer connection.Close()
	if _, err := connection.Write([]byte(say)); err != nil {
		return fault.As(fault.Transient, "probe", err)
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return fault.As(fault.Transient, "probe", err)
	}
	for _, way := range ways {
		if strings.HasPrefix(line, way) {
			return nil
		}
	}
	return fault.New(fault.Transient, "probe "+address, fmt.Sprintf("it says %q", strings.TrimSpace(line)))
}

func answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fault.As(fault.Invalid, "probe", err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return fault.As(fault.Transient, "probe", err)
	}
	defer reply.Body.Close()
	if reply.StatusCode/100 != 2 {
		return fault.New(fault.Transient, "probe "+address, reply.Status)
	}
	return nil
}
