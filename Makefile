# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needed beforehand: Python 3.11 or later, make, and a way to PyPI. Tests also use a few Debian packages (see `system`).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR: # an environment that could not be made whole (no python3-venv) is made anew next time

VENV := .venv
BIN := $(VENV)/bin
# The newest that truly starts: a version manager's placeholder stands on the PATH too.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && { command -v $$p; break; }; done)
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install
# What pip does now, on one line of a terminal; its errors go past it.
SHOW := if [ -t 1 ]; then awk '{ printf "\r\033[K  %.75s", $$0; fflush() } END { printf "\r\033[K" }'; else cat > /dev/null; fi
DEVICE := protocol hardware models/bundle ota edge # runs on boxes whose Python is 3.10; what its standard library lacks is an error
DEBIAN := mosquitto chromium ffmpeg postgresql strace libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils \
  gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good faketime

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.developer ## Make .venv with everything a developer needs

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later found: make PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.developer: constraints/developer-3.11.txt pyproject.toml $(VENV)/bin/python
	@echo "setting up $(VENV) (about a minute)"
	@$(PIP) --require-hashes -r constraints/developer-3.11.txt | { $(SHOW); }
	@$(PIP) --no-deps --editable . | { $(SHOW); }
	@touch $@

setup-models: setup ## Add what building and training models needs (some GB)
	@echo "setting up what building models needs (some minutes)"
	@$(PIP) -r constraints/models-3.11.txt | { $(SHOW); }

demo: setup ## Show the whole city on this machine
	@$(BIN)/lamplighter demo

system: ## Install the Debian packages that tests use, where that is allowed
	@tools/system.sh $(DEBIAN)

lint: setup ## Formatter, linter, types, architecture, generated files
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy .
	@$(BIN)/mypy --python-version 3.10 $(DEVICE)
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m protocol.schema --check

format: setup ## Format, and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# What holds times and shares of the processor against a limit runs alone; everything else on both cores.
ALONE := $(patsubst %,tests/benchmarks/test_%.py,boot edge_memory edge_overhead event_latency ota_switch peer_turns sources uplink) \
  tests/simulator/test_demo.py

prepare: ## What tests need and what stands before them: packages, lint; side by side
	@$(MAKE) --no-print-directory --jobs 2 lint system

test: prepare ## All that CI runs
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -m "not nightly" -n 2 --dist worksteal --durations=30 --cov --cov-report= $(ALONE:%=--ignore=%)
	@$(BIN)/coverage run -m pytest -m "not nightly" --durations=10 $(ALONE)
	@$(BIN)/coverage combine --append --quiet
	@$(BIN)/coverage report --skip-covered --skip-empty

nightly: prepare ## The long forms: whole benches, soaks, the mutants
	@$(BIN)/coverage run -m pytest
	@$(BIN)/lamplighter bench
	@$(MAKE) mutants

mutants: setup ## Take out each named defence and expect a red test
	@$(BIN)/python -m tests.mutants

generated: setup ## Make schemas and the wire contract's page anew
	@$(BIN)/python -m protocol.schema

performance: setup ## Measure everything and make docs/performance.md anew (about an hour)
	@$(BIN)/lamplighter bench --json | $(BIN)/python -m benchmarks.page

ota-pairs: setup-models ## Train the models anew that the bench of updates measures (about half an hour)
	@$(BIN)/python -m benchmarks.ota_training

gunshot-hearings: setup-models ## Let boxes hear rendered sounds anew, for the bench of New Year's Eve (a quarter of an hour)
	@$(BIN)/python -m benchmarks.gunshot_hearings 1000

crowd-walks: setup ## Walk the crowds of the bench crowd-dense anew (two minutes; half a gigabyte of a pedestrian simulator)
	@$(BIN)/pip install --quiet ".[sim]"
	@$(BIN)/python -m benchmarks.crowd_walks

traffic: setup ## Draw the demo's street and its truth anew (a minute or two)
	@$(BIN)/python -m simulator.media.make_traffic

bangs: setup ## Render the demo's shots and fireworks and their truth anew (a minute)
	@$(BIN)/python -m simulator.media.make_bangs

picture: setup system ## Take the README's picture anew from a running demo
	@$(BIN)/python -m tools.picture

# Extras stay in the names: without them an old pip takes the newest `coverage` for `coverage[toml]`, and no hash fits.
constraints: setup ## Resolve the locked versions anew
	@$(BIN)/python -m pip install --quiet uv
	@for target in developer-3.11:fleet,dev fleet-3.11:fleet device-3.11: device-3.10:; do \
	  name=$${target%%:*}; extras=$${target#*:}; \
	  case $$name in device-*) where="--python-platform x86_64-manylinux_2_28";; *) where=--universal;; esac; \
	  $(BIN)/uv pip compile pyproject.toml $$(for e in $${extras//,/ }; do echo --extra $$e; done) $$where \
	    --python-version $${name##*-} --generate-hashes --no-strip-extras --no-header --no-annotate --upgrade --quiet -o constraints/$$name.txt; \
	done

wheel: setup ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist . > /dev/null && ls dist

clean: ## Remove what was made, not what was written
	@rm -rf $(VENV) build dist artefacts .coverage .coverage.* *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup setup-models demo system lint format prepare test nightly mutants generated performance ota-pairs gunshot-hearings crowd-walks traffic bangs picture constraints wheel clean
