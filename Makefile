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
kills: redis-server ## kills workers and nats-server 20 times in the middle of work; see docs/decisions/0301
	cd cmd/tenantkeep && go test -tags kills -count 1 -run TestKills -v ./internal/fleet

.PHONY: weather
weather: redis-server ## what bad weather is too heavy for `make test`: 3 GiB, 50,000 mails, a disk that is really full (as root); 20 minutes
	cd cmd/tenantkeep && go test -tags weather -timeout 40m -v -run 'TestHuge|TestRealDiskFull|TestNotifierKilled' ./internal/plant ./internal/fleet

# Clients of other makers, in a module outside the workspace: rclone and the SDK's drives take minutes to build.
.PHONY: interop
interop: ## other people's clients (rclone, Microsoft's SDK with azidentity) against m365sim over TLS; no part of `make test`, 10 minutes to build
	go build -o $(BIN)/ ./sim/cmd/m365sim
	cd sim/interop && GOWORK=off M365SIM=$(BIN)/m365sim nice go test -count 1 -timeout 20m -v ./...

.PHONY: bench
bench: ## the bars: prints both sides of each and fails below one
	@echo "Goals beyond the bars: write 1.0 of the plain loop, 0.13 ms of CPU per mail. What the machine does besides disturbs."
	@missed=0; (cd pkg/vault && go run ./cmd/vaultbench) || missed=1; \
	(cd services/backup-worker && go test -run '^$$' -bench '^BenchmarkMail$$' -benchtime 3x .) || missed=1; exit $$missed

.PHONY: lint
lint: $(BIN)/golangci-lint $(BIN)/buf ## the walls, and what reviewers should not have to say
	buf lint && buf format -d --exit-code && buf breaking --against $(LANDED)
	@for module in $(MODULES); do echo "lint $$module"; (cd $$module && golangci-lint run --concurrency 2 ./...); done

# What landed before is kept in the tree: a shallow clone has no parent to compare with. docs/decisions/0311.
LANDED := proto/landed.binpb

.PHONY: generate
generate: $(BIN)/buf $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc ## the stubs of proto/, and the record of what was promised
	@test ! -e $(LANDED) || buf breaking --against $(LANDED)
	buf generate
	buf build --exclude-source-info -o $(LANDED)

.PHONY: checkgenerate
checkgenerate: generate ## fails if the committed stubs or proto/landed.binpb are not current
	@git diff --exit-code --stat -- proto/gen $(LANDED) && test -z "$$(git status --porcelain -- proto/gen $(LANDED))"

# Stages of deploy/Dockerfile. No part of `make test`: images need a Docker engine.
IMAGES := auth-broker directory-sync backup-worker restore-worker notifier tenantkeep m365sim nats-server redis-server

.PHONY: images
images: redis-server ## the images of docker-compose.yml, with a Docker engine and without pulling any; see docs/images.md
	@docker version >/dev/null || { echo "no Docker engine answers: apt-get install docker.io, and start it" >&2; exit 1; }
	deploy/stage .tmp/images
	@for image in $(IMAGES); do echo "image tenantkeep/$$image"; \
		docker build --quiet --label org.opencontainers.image.revision=$$(git rev-parse HEAD) \
			--target $$image --tag tenantkeep/$$image --file deploy/Dockerfile .tmp/images >/dev/null; done

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
