# Everything a person needs: `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-oidc check check-current lint-grafana chaos bench alert-sim format generate lock env kafka kafka-down \
  prometheus chromium faketime compose peers clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALL := apt-get -qq -o Acquire::Retries=3 update && \
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install
CURRENT := .tools/current
PROMTOOL := github.com/prometheus/prometheus/cmd/promtool@v0.316.0
KEYCLOAK := 26.7.3
AMTOOL := github.com/prometheus/alertmanager/cmd/amtool@v0.34.2

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make the virtual environment with the pinned dependencies

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "floorpulse needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## run the product on this machine with embedded parts
	@exec $(BIN)/floorpulse demo

test: $(READY) ## run all tests, four at a time, as most of them wait (JOBS=…)
	@$(BIN)/python -m pytest -n $(or $(JOBS),4)

test-oidc: $(READY) .tools/keycloak/version.txt ## sign in at a real Keycloak, in Chromium (needs java, and mvn once)
	@$(BIN)/python -m pytest tests/integration/keycloak_signin.py

.tools/keycloak/version.txt:
	@echo "Fetching Keycloak (once, 180 MB) ..."
	@mvn -q -B dependency:copy -DoutputDirectory=$(CURDIR)/.tools \
	  -Dartifact=org.keycloak:keycloak-quarkus-dist:$(KEYCLOAK):zip
	@rm -rf .tools/keycloak .tools/keycloak-$(KEYCLOAK)
	@$(PYTHON) -m zipfile -e .tools/keycloak-quarkus-dist-$(KEYCLOAK).zip .tools
	@rm .tools/keycloak-quarkus-dist-$(KEYCLOAK).zip
	@mv .tools/keycloak-$(KEYCLOAK) .tools/keycloak

check: $(READY) ## format, lint, types, import rules, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports > /dev/null || $(BIN)/lint-imports
	@$(BIN)/floorpulse generate --check

check-current: $(READY) $(CURRENT)/promtool $(CURRENT)/amtool ## test the alerts with the current promtool and amtool (needs go)
	@PATH="$(CURDIR)/$(CURRENT):$$PATH" $(BIN)/python -m pytest tests/alerts

$(CURRENT)/promtool:
	@echo "Building promtool (once, some minutes) ..."
	@GOBIN=$(CURDIR)/$(CURRENT) go install $(PROMTOOL)

$(CURRENT)/amtool:
	@GOBIN=$(CURDIR)/$(CURRENT) go install $(AMTOOL)

chaos: $(READY) ## break it at random for MINUTES=5 on real Kafka, and recount; SEED=… repeats a run
	@$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED))

bench: $(READY) $(if $(PARTS),$(filter peers,$(PARTS:catch-up=peers)),peers) ## measure a worker beside the ceiling and its peers, on a real Kafka (some minutes)
	@$(BIN)/python -m bench $(PARTS)

peers: .tools/peers/.ready ## install Bytewax and Quix Streams in an environment of their own, for the bench

.tools/peers/.ready: bench/peers/requirements.lock
	@echo "Installing what the bench measures a worker against (once) ..."
	@$(PYTHON) -m venv .tools/peers
	@.tools/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

alert-sim: $(READY) ## simulate weeks of sales floors: false alarms, and times to detect; SEED=…
	@$(BIN)/python -m bench.alertsim $(if $(SEED),--seed $(SEED))

format: $(READY) ## format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: $(READY) ## write the files that are derived from the code
	@$(BIN)/floorpulse generate

lock: $(READY) ## pin the newest allowed versions of all dependencies, with hashes
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --group dev --upgrade pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url -c requirements.lock pyproject.toml -o requirements-run.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --upgrade bench/peers/requirements.in -o bench/peers/requirements.lock

env: ## write .env, passwords and a first roster for docker compose; overwrites nothing
	@docker/env.sh

kafka: $(READY) ## bring up a real Kafka on loopback (needs java and mvn)
	@$(BIN)/python -m tests.realkafka up

kafka-down: ## end it and remove its data
	@$(BIN)/python -m tests.realkafka down

prometheus: ## install Debian's Prometheus and Alertmanager, for the tests of alerts (needs root)
	@command -v promtool > /dev/null && command -v amtool > /dev/null || { \
	  $(INSTALL) prometheus prometheus-alertmanager; }

faketime: ## install Debian's faketime, for the tests of clocks that leap (needs root)
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 > /dev/null 2>&1 || { $(INSTALL) faketime; }

chromium: ## install Debian's Chromium, for the tests of the wall (needs root)
	@command -v chromium > /dev/null || { $(INSTALL) chromium; }

compose: .tools/docker-compose ## build docker compose's client, for the tests of its files (needs Go)

.tools/docker-compose: tests/compose/go.mod tests/compose/go.sum
	@echo "Building docker compose (once, some minutes) ..."
	@cd tests/compose && go build -o $(CURDIR)/$@ github.com/docker/compose/v2/cmd

lint-grafana: .tools/go/dashboard-linter ## Grafana's own linter on the dashboards (needs Go)
	@for each in dashboards/generated/grafana*/*.json; do $< lint --strict $$each || exit 1; done

.tools/go/dashboard-linter:
	@GOBIN=$(CURDIR)/.tools/go go install github.com/grafana/dashboard-linter@latest

clean: ## remove what the targets above made
	@rm -rf $(VENV) .kafka .tools .shots .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
