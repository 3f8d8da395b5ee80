# Everything that a person or CI does with this repository. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := $(CURDIR)/.tmp/bin
export PATH := $(BIN):$(PATH)

# Modules whose tests compile the Graph SDK: the race detector would build all of it once more.
SDK_MODULES := pkg/graph services/auth-broker services/directory-sync services/backup-worker services/restore-worker cmd/tenantkeep
RACE_MODULES := proto pkg pkg/vault sim services/notifier
MODULES := $(RACE_MODULES) $(SDK_MODULES)
TEST_FLAGS ?=

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

.PHONY: demo
demo: build ## the whole story on a simulated tenant, in under two minutes after the build
	@$(BIN)/tenantkeep demo

.PHONY: up
up: build $(BIN)/nats-server redis-server ## the fleet: five processes, nats-server, redis-server, the simulator
	@$(BIN)/tenantkeep fleet

.PHONY: build
build: ## every program into .tmp/bin
	go build -o $(BIN)/ ./cmd/tenantkeep ./sim/cmd/m365sim $(foreach s,auth-broker directory-sync backup-worker restore-worker notifier,./services/$(s)/cmd/$(s))

.PHONY: test
test: redis-server $(BIN)/nats-server ## everything, against real servers; needs nothing else on a Debian machine with Go
	@for module in $(RACE_MODULES); do (cd $$module && go test -race $(TEST_FLAGS) ./...); done
	@for module in $(SDK_MODULES); do (cd $$module && go test $(TEST_FLAGS) ./...); done

.PHONY: kills
kills: redis-server ## kills workers and nats-server 20 times in the middle of work; see docs/decisions/0300
	cd cmd/tenantkeep && go test -tags kills -run TestKills -v ./internal/fleet

.PHONY: bench
bench: ## the bars: prints both sides of each and fails below one
	@echo "Goals beyond the bars: write 1.0 of the plain loop, 0.13 ms of CPU per mail. What the machine does besides disturbs."
	@missed=0; (cd pkg/vault && go run ./cmd/vaultbench) || missed=1; \
	(cd services/backup-worker && go test -run '^$$' -bench '^BenchmarkMail$$' -benchtime 3x .) || missed=1; exit $$missed

.PHONY: lint
lint: $(BIN)/golangci-lint $(BIN)/buf ## the walls, and what reviewers should not have to say
	buf lint && buf format -d --exit-code
	@for module in $(MODULES); do echo "lint $$module"; (cd $$module && golangci-lint run --concurrency 2 ./...); done

.PHONY: generate
generate: $(BIN)/buf $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc ## the stubs of proto/
	buf generate

.PHONY: checkgenerate
checkgenerate: generate ## fails if the committed stubs are not current
	@git diff --exit-code --stat -- proto/gen && test -z "$$(git status --porcelain -- proto/gen)"

.PHONY: tidy
tidy: ## go.mod and go.sum of every module
	@for module in $(MODULES); do echo "tidy $$module"; (cd $$module && GOWORK=off go mod tidy); done
	go work sync

.PHONY: redis-server
redis-server:
	@command -v redis-server >/dev/null || (echo "installing redis-server" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >/dev/null)

# Tools are pinned in tools/go.mod, which is no part of go.work.
$(BIN)/nats-server: tools/go.mod
	GOWORK=off go build -C tools -o $(BIN)/ github.com/nats-io/nats-server/v2
$(BIN)/golangci-lint: tools/go.mod
	GOWORK=off go build -C tools -o $(BIN)/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BIN)/buf: tools/go.mod
	GOWORK=off go build -C tools -o $(BIN)/ github.com/bufbuild/buf/cmd/buf
$(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc &: tools/go.mod
	GOWORK=off go build -C tools -o $(BIN)/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
