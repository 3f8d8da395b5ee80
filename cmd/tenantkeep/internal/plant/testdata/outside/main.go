// Command outside is what another team writes: a program that knows Tenantkeep by its contract alone.
// It asks for a backup of the first mailbox and reads who was provisioned and what was backed up.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// findings is what the program prints.
type findings struct {
	Connections []string `json:"connections"`
	Job         string   `json:"job"` // of the backup that it asked for
	Provisioned []event  `json:"provisioned"`
	Completed   []event  `json:"completed"`
}

type event struct {
	Headers map[string]string `json:"headers"`
	Subject string            `json:"subject"`
	Name    string            `json:"name"`
	Address string            `json:"address,omitempty"`
	Job     string            `json:"job,omitempty"`
	Items   int64             `json:"items,omitempty"`
}

// bearer is the administrator's token as gRPC sends it.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

func main() {
	server := flag.String("server", "", "gRPC address")
	ca := flag.String("ca", "", "file with the installation's authority")
	token := flag.String("token-file", "", "file with a token")
	broker := flag.String("nats", "", "address of the nats-server")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := run(ctx, *server, *ca, *token, *broker)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server, ca, tokenFile, broker string) (findings, error) {
	var found findings
	messages, stop, err := subscribe(ctx, broker)
	if err != nil {
		return found, err
	}
	defer stop()
	if err := found.command(ctx, server, ca, tokenFile); err != nil {
		return found, err
	}
	return found, found.read(ctx, messages)
}

// command lists the connections and asks for a backup.
func (f *findings) command(ctx context.Context, server, ca, tokenFile string) error {
	transport, err := credentials.NewClientTLSFromFile(ca, "")
	if err != nil {
		return err
	}
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(server, grpc.WithTransportCredentials(transport), grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(token)))))
	if err != nil {
		return err
	}
	defer conn.Close()
	connections, err := authv1.NewConnectionServiceClient(conn).ListConnections(ctx, &authv1.ListConnectionsRequest{})
	if err != nil {
		return err
	}
	for _, connection := range connections.GetConnections() {
		f.Connections = append(f.Connections, connection.GetName())
	}
	resources, err := backupv1.NewResourceServiceClient(conn).ListResources(ctx, &backupv1.ListResourcesRequest{Parent: f.Connections[0]})
	if err != nil {
		return err
	}
	for _, resource := range resources.GetResources() {
		if strings.Contains(resource.GetName(), "/mail-") {
			reply, err := backupv1.NewBackupServiceClient(conn).StartBackup(ctx, &backupv1.StartBackupRequest{Resource: resource.GetName()})
			f.Job = reply.GetJob().GetName()
			return err
		}
	}
	return errors.New("no mailbox")
}

// subscribe takes a place of its own in the stream.
func subscribe(ctx context.Context, broker string) (jetstream.MessagesContext, func(), error) {
	nc, err := nats.Connect("nats://" + broker)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, nil, err
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, "EVENTS", jetstream.ConsumerConfig{
		Durable:        "my-service",
		FilterSubjects: []string{"tenantkeep.v1.evt.*.*.user-provisioned.*", "tenantkeep.v1.evt.*.*.backup-completed.*"},
		AckPolicy:      jetstream.AckExplicitPolicy,
	})
	if err != nil {
		return nil, nil, err
	}
	messages, err := consumer.Messages()
	return messages, nc.Close, err
}

// read collects events until the backup that was asked for is among them.
func (f *findings) read(ctx context.Context, messages jetstream.MessagesContext) error {
	for {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		seen := event{Subject: message.Subject(), Headers: map[string]string{}}
		for name, values := range message.Headers() {
			seen.Headers[name] = values[0]
		}
		done, err := f.add(seen, message.Data())
		if err != nil {
			_ = message.TermWithReason("unreadable")
			return err
		}
		if err := message.DoubleAck(ctx); err != nil {
			return err
		}
		if done {
			return nil
		}
	}
}

func (f *findings) add(seen event, data []byte) (done bool, err error) {
	switch seen.Headers["ce-type"] {
	case "tenantkeep.user-provisioned.v1":
		var user directoryv1.User
		err = proto.Unmarshal(data, &user)
		seen.Name, seen.Address = user.GetName(), user.GetUserPrincipalName()
		f.Provisioned = append(f.Provisioned, seen)
	case "tenantkeep.backup-completed.v1":
		var resource backupv1.Resource
		err = proto.Unmarshal(data, &resource)
		seen.Name, seen.Job, seen.Items = resource.GetName(), resource.GetLastBackup().GetJob(), resource.GetLastBackup().GetItems()
		f.Completed = append(f.Completed, seen)
		done = seen.Job == f.Job
	}
	return done, err
}
