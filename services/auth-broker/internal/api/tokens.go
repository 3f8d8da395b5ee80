package api

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
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
	t, err := s.token(ctx, id, r)
	if err != nil {
		return nil, err
	}
	return &authv1.GetTokenResponse{AccessToken: t.Access, ExpireTime: timestamppb.New(t.Expires)}, nil
}

func (s *Tokens) token(ctx context.Context, id m365.ConnectionID, r *authv1.GetTokenRequest) (token.Token, error) {
	refused := r.GetRefusedSha256()
	switch {
	case len(refused) == 0 || r.GetClaims() != "": // what answers the challenge is a new one anyway
		return s.Source.Token(ctx, id, r.GetClaims())
	case len(refused) != len(token.Digest{}):
		return token.Token{}, fault.New(fault.Invalid, "get token", "refused_sha256 is no SHA-256", fault.Reason("DIGEST_INVALID"))
	default:
		return s.Source.Replace(ctx, id, token.Digest(refused))
	}
}
