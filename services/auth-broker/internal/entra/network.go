package entra

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"syscall"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// unreachable says why no answer came.
func unreachable(ctx context.Context, op, host string, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.As(fault.Cancelled, op, ctx.Err())
	}
	cause := rootOf(err)
	if reason, next := tlsTrouble(host, err); reason != "" {
		return fault.As(fault.Precondition, op, cause, fault.Reason(reason), fault.Next(next))
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
		return fault.As(fault.Transient, op, cause, fault.Reason("HOST_UNKNOWN"),
			fault.Next("check the cloud or the simulator's address, and that this machine can resolve "+host))
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fault.As(fault.Transient, op, cause, fault.Reason("CONNECTION_REFUSED"), fault.Next("check that "+host+" is the right address and that its server runs"))
	}
	return fault.As(fault.Transient, op, cause, fault.Reason("NETWORK_UNREACHABLE"),
		fault.Next("check that this machine may reach https://"+host+" (firewall, proxy: HTTPS_PROXY)"))
}

// tlsTrouble is about certificates: trying again would not help.
func tlsTrouble(host string, err error) (reason, next string) {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return "TLS_UNTRUSTED", "if a proxy or a simulator answers for " + host + ", let auth-broker trust its authority: SSL_CERT_FILE=ca.pem"
	case errors.As(err, &name):
		return "TLS_OTHER_HOST", "the certificate is for another name: check the address " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "TLS_EXPIRED", "check this machine's clock; if it is right, the certificate of " + host + " has expired"
	case errors.As(err, &invalid):
		return "TLS_INVALID", "the certificate of " + host + " is not usable: check who answers there"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "TLS_MISSING", host + " does not speak TLS: check the address, or write http:// before it for a simulator"
	}
	return "", ""
}

// rootOf drops net/url's wrapping, whose text repeats the method and the whole URL.
func rootOf(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
