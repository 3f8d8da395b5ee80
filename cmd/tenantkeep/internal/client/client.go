// Package client finds and dials the servers that a command talks to.
//
// An all-in-one has one address for everything, a fleet has one for each service. Both are
// described by a context file, JSON:
//
//	{"server": "127.0.0.1:7100",
//	 "services": {"auth-broker": "10.0.0.5:7101"},
//	 "ca": "/etc/tenantkeep/ca.pem", "token_file": "/etc/tenantkeep/admin.token"}
//
// `services` is for a fleet and wins over `server`. Relative paths are meant from the file's own
// directory. `tenantkeep up` writes one into its data directory, where the command line looks
// unless it is told otherwise.
package client

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
)

// Context says where the servers are and how to be let in.
type Context struct {
	Server    string                      `json:"server,omitempty"`
	Services  map[identity.Service]string `json:"services,omitempty"`
	CA        string                      `json:"ca"`
	TokenFile string                      `json:"token_file"`
}

// Read reads a context file.
func Read(path string) (Context, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Context{}, fault.As(fault.Precondition, "read context", err,
			fault.Next("start a server with: tenantkeep up, or name a context file with --context or TENANTKEEP_CONTEXT"))
	}
	var c Context
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return Context{}, fault.As(fault.Invalid, "read context "+path, err)
	}
	c.CA, c.TokenFile = from(path, c.CA), from(path, c.TokenFile)
	return c, nil
}

// Write writes a context file that only its owner can read.
func (c Context) Write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o600)
	}
	return fault.As(fault.Internal, "write context", err)
}

func from(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// Client holds the connections of one command.
type Client struct {
	context Context
	tls     *tls.Config
	token   string
	dialled map[string]*grpc.ClientConn
}

// New prepares calls; it connects when the first one is made.
func New(c Context) (*Client, error) {
	config, err := pki.Trust(c.CA)
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, fault.As(fault.Precondition, "read token", err, fault.Next("set token_file in the context file to a file with the administrator's token"))
	}
	return &Client{context: c, tls: config, token: strings.TrimSpace(string(token)), dialled: map[string]*grpc.ClientConn{}}, nil
}

// To returns the connection to a service. It stays the client's to close.
func (c *Client) To(service identity.Service) (*grpc.ClientConn, error) {
	address := c.context.Services[service]
	if address == "" {
		address = c.context.Server
	}
	if address == "" {
		return nil, fault.New(fault.Precondition, "find "+string(service), "the context file names no address for it",
			fault.Next("set server, or services."+string(service)+", in the context file"))
	}
	if connection := c.dialled[address]; connection != nil {
		return connection, nil
	}
	connection, err := rpc.Dial(address, c.tls, c.token)
	if err == nil {
		c.dialled[address] = connection
	}
	return connection, err
}

// Close closes all connections.
func (c *Client) Close() {
	for _, connection := range c.dialled {
		_ = connection.Close() // every call has ended; there is nothing left to lose
	}
}
