module github.com/tenantkeep/tenantkeep/proto

go 1.26
