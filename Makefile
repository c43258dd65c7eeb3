# Everything a fresh machine with Node 20 or later, npm, make and git needs to know. `make help` lists it.
# The project itself runs on Node 26, which `npm ci` brings along; npm scripts find it first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

INSTALLED := node_modules/.package-lock.json
REPORT := coverage/tests.json
E2E_REPORT := coverage/e2e.json
# Of images; the chart's appVersion is the same.
VERSION = $(shell node -p "require('./package.json').version")

.PHONY: help demo test e2e check check-lint check-text fix generate bench soak images clean

help: ## List what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: $(INSTALLED) ## Run Dossier on this machine: real control plane, Postgres and S3 server; Ctrl-C ends it (make demo ARGS=--keep leaves it running)
	@npm run --silent demo -- $(ARGS)

test: $(INSTALLED) check ## Run every check and test; installs and builds what they need
	@npm run --silent tools
	@mkdir -p $(dir $(REPORT)) && rm -f $(REPORT)
	@npm test --silent -- --reporter=default --reporter=json --outputFile.json=$(REPORT)

e2e: $(INSTALLED) ## Run the tests that need a real kubelet: on the cluster of KUBECONFIG, else on a kind cluster made for them (see scripts/e2e.sh)
	@npm run --silent tools
	@mkdir -p $(dir $(E2E_REPORT)) && rm -f $(E2E_REPORT)
	@scripts/e2e.sh --reporter=default --reporter=json --outputFile.json=$(E2E_REPORT)

# Its halves run beside each other: each of the three programs uses one processor.
check: $(INSTALLED) ## Types, lint and format (that generated files are current is a unit test)
	@$(MAKE) --no-print-directory --jobs=2 check-lint check-text

check-lint:
	@npx eslint .

check-text:
	@npm run --silent types
	@npx prettier --check --log-level=warn .

fix: $(INSTALLED) ## Format the code and make the generated files anew
	@npm run --silent generate
	@npm run --silent format

generate: $(INSTALLED) ## Make types and docs/reference/ from crds/, and the WebAssembly of kernel/
	@npm run --silent generate

images: ## Build the images with Docker (make images REPOSITORY=registry.example.com/team/ VERSION=1.0.0)
	@for program in operator runner python; do \
	  docker build --target $$program --tag "$(REPOSITORY)dossier-$$program:$(VERSION)" \
	    --build-arg VERSION="$(VERSION)" --build-arg REVISION="$$(git rev-parse HEAD)" .; \
	done

bench: $(INSTALLED) ## Measure the encoders against their peers and write docs/benchmarks/render.md (peers whose toolchains are missing are left out)
	@npm run --silent bench:render -- --write

soak: $(INSTALLED) ## Watch the operator's memory and descriptors for an hour of schedules that are due each minute; writes docs/benchmarks/soak.md (make soak ARGS="--minutes 3" for less, which writes nothing)
	@npm run --silent soak -- $(ARGS)

clean: ## Remove what was installed or built here (the cache of tools outside the repository stays)
	rm -rf node_modules dist coverage demo-output

$(INSTALLED): package.json package-lock.json
	npm ci
	@touch $@
