module github.com/tenantkeep/tenantkeep/sim

go 1.26
