package demo

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// What the story has to know between its commands, it asks the API.

func (s *story) ask(service identity.Service, question func(*grpc.ClientConn) error) error {
	about, err := client.Read(s.context)
	if err != nil {
		return err
	}
	c, err := client.New(about)
	if err != nil {
		return err
	}
	defer c.Close()
	connection, err := c.To(service)
	if err != nil {
		return err
	}
	return question(connection)
}

func (s *story) findConnection(ctx context.Context) (name string, err error) {
	err = s.ask(identity.AuthBroker, func(connection *grpc.ClientConn) error {
		reply, err := authv1.NewConnectionServiceClient(connection).ListConnections(ctx, &authv1.ListConnectionsRequest{})
		if err != nil {
			return err
		}
		if len(reply.GetConnections()) != 1 {
			return fault.New(fault.Internal, "find connection", "there is not exactly one")
		}
		name = reply.GetConnections()[0].GetName()
		return nil
	})
	return name, err
}

// patience is how long the first jobs may take to appear.
const patience = 30 * time.Second

// firstJobs waits until so many jobs were queued without anybody asking, and returns their names.
func (s *story) firstJobs(ctx context.Context, expected int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var names []string
	err := s.ask(identity.BackupWorker, func(connection *grpc.ClientConn) error {
		service := backupv1.NewJobServiceClient(connection)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			reply, err := service.ListJobs(ctx, &backupv1.ListJobsRequest{Parent: s.connection, PageSize: 1000})
			if err != nil {
				return err
			}
			if len(reply.GetJobs()) >= expected {
				for _, job := range reply.GetJobs() {
					names = append(names, job.GetName())
				}
				return nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fault.As(fault.Internal, "wait for the first backups", ctx.Err())
			}
		}
	})
	return names, err
}

func (s *story) listResources(ctx context.Context) ([]string, error) {
	var names []string
	err := s.ask(identity.BackupWorker, func(connection *grpc.ClientConn) error {
		reply, err := backupv1.NewResourceServiceClient(connection).ListResources(ctx, &backupv1.ListResourcesRequest{Parent: s.connection, PageSize: 1000})
		for _, resource := range reply.GetResources() {
			names = append(names, resource.GetName())
		}
		return err
	})
	return names, err
}
