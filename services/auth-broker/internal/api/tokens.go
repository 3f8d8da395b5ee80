package api

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/message"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// Tokens answers TokenService.
type Tokens struct {
	authv1.UnimplementedTokenServiceServer
	Source *token.Source
}

// GetToken implements authv1.TokenServiceServer.
func (s *Tokens) GetToken(ctx context.Context, r *authv1.GetTokenRequest) (*authv1.GetTokenResponse, error) {
	id, err := message.ID(r.GetConnection())
	if err != nil {
		return nil, err
	}
	t, err := s.Source.Token(ctx, id, r.GetClaims())
	if err != nil {
		return nil, err
	}
	return &authv1.GetTokenResponse{AccessToken: t.Access, ExpireTime: timestamppb.New(t.Expires)}, nil
}
