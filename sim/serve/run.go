package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
)

// Run serves until ctx ends. Where it listens and how to connect is written to out.
func Run(ctx context.Context, options Options, out io.Writer) error {
	tenant, err := sim.New(options.Sim)
	if err != nil {
		return err
	}
	defer tenant.Close()
	plain, err := net.Listen("tcp", options.Listen)
	if err != nil {
		return err
	}
	listeners := []net.Listener{plain}
	if options.TLSListen != "" {
		secure, err := listenTLS(options)
		if err != nil {
			return errors.Join(err, plain.Close())
		}
		listeners = append(listeners, secure)
	}
	hint(out, tenant, listeners)
	return serve(ctx, tenant, listeners)
}

func listenTLS(options Options) (net.Listener, error) {
	listener, err := net.Listen("tcp", options.TLSListen)
	if err != nil {
		return nil, err
	}
	authority, certificate, err := issue(time.Now(), hostOf(options.TLSListen), options.Sim.FilesHost)
	if err == nil {
		err = os.WriteFile(options.CAOut, authority, 0o644)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}), nil
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// serve answers on all listeners; the first that fails ends all.
func serve(ctx context.Context, handler http.Handler, listeners []net.Listener) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second}
	ended := make(chan error, len(listeners))
	var running sync.WaitGroup
	for _, listener := range listeners {
		running.Go(func() { ended <- server.Serve(listener) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if server.Shutdown(stop) != nil {
		_ = server.Close() // whoever is still connected has had five seconds
	}
	running.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// hint says how to connect to the tenant.
func hint(out io.Writer, tenant *sim.Server, listeners []net.Listener) {
	for i, listener := range listeners {
		fmt.Fprintf(out, "listening on %s://%s\n", []string{"http", "https"}[min(i, 1)], listener.Addr())
	}
	fmt.Fprintf(out, "tenant %s (%s), %d users\n", tenant.Tenant, tenant.Domain, len(tenant.Directory.People()))
	fmt.Fprintf(out, "application %s, secret %s\n\n", tenant.ClientID, tenant.ClientSecret)
	fmt.Fprintf(out, "tenantkeep connection add --cloud sim --simulator %s\n", reachable(listeners[0].Addr()))
}

// reachable is an address to connect to: one that listens everywhere is nobody's.
func reachable(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return address.String()
}
