# The README's commands. `make demo` and `make test` set up everything they need in .venv.
# Bytecode caches must be written, or every process that imports a large library compiles it anew.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find aibro_jupyter labextension/src labextension/style labextension/schema -type f -not -name '*.pyc' 2>/dev/null)
# Tests that alone must go through every branch of what decides (pyproject.toml, tool.coverage).
PURE := tests/test_states.py tests/gateway/test_routes.py \
	$(addprefix tests/control/test_,plan.py spot.py observe.py meter.py comparing.py history.py clients.py)
.DEFAULT_GOAL := help

.PHONY: help demo test test-fast coverage test-frameworks lock-frameworks lab check lock generate sidebar test-sidebar soak bench clean

help: ## show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'aibro_jupyter needs Python 3.11 or newer: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo 'this Python cannot make virtual environments; on Debian: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	@touch $@

.venv/locked: .venv/uv requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-python-downloads --python $(BIN)/python --requirement requirements-dev.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml labextension/package.json labextension/hatch_build.py labextension/stamp.py $(SOURCES)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --reinstall-package aibro_jupyter .
	@touch $@

demo: .venv/installed ## run the quickstart notebook headless, call the API with curl, end it all
	@$(BIN)/python tools/demo.py

lab: .venv/installed ## open JupyterLab on the quickstart
	$(BIN)/jupyter lab $(shell [ $$(id -u) = 0 ] && echo --allow-root) notebooks/quickstart.ipynb

test: .venv/installed ## run all tests (as root on Debian it installs Chromium first)
	@BIN=$(BIN) tools/test.sh

test-fast: .venv/installed ## unit and contract tests, and whole branches of the pure modules, in a minute
	$(BIN)/python -m pytest -q -n 2 -m "not slow" tests
	$(MAKE) coverage

coverage: .venv/installed ## every branch of the pure modules is gone through by their own tests
	$(BIN)/coverage run -m pytest -q $(PURE)
	$(BIN)/coverage report

test-frameworks: .venv/uv ## capture with torch, keras, spacy and others, in .venv-frameworks
	@BIN=$(BIN) tools/test-frameworks.sh

check: .venv/installed ## ruff, mypy, import floors, generated files, branches of the pure modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check
	$(BIN)/python labextension/stamp.py
	$(MAKE) coverage

generate: .venv/installed ## write the generated files anew
	$(BIN)/python tools/generate.py

lock: .venv/uv ## resolve the development lock anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra test --extra lab --no-emit-index-url \
		--custom-compile-command 'make lock' --output-file requirements-dev.lock --upgrade pyproject.toml

.PHONY: docs lock-docs
.venv/docs: .venv/locked requirements-docs.lock
	$(BIN)/uv pip install --quiet --no-python-downloads --python $(BIN)/python --requirement requirements-docs.lock
	@touch $@

docs: .venv/docs ## build the documentation into site/: nothing is fetched, a warning fails it
	$(BIN)/mkdocs build --quiet

lock-docs: .venv/uv ## resolve the documentation's lock anew, to the development lock's versions
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra docs --constraint requirements-dev.lock \
		--no-emit-index-url --custom-compile-command 'make lock-docs' --output-file requirements-docs.lock --upgrade pyproject.toml

lock-frameworks: .venv/uv ## resolve the frameworks' lock anew
	@BIN=$(BIN) tools/lock-frameworks.sh

test-sidebar: .venv/installed ## lint and test the sidebar's TypeScript (needs node)
	cd labextension && PATH="$(abspath $(BIN)):$$PATH" jlpm install --immutable && PATH="$(abspath $(BIN)):$$PATH" jlpm lint && PATH="$(abspath $(BIN)):$$PATH" jlpm test

sidebar: .venv/installed ## build the JupyterLab sidebar (needs node)
	cd labextension && PATH="$(abspath $(BIN)):$$PATH" jlpm install --immutable && PATH="$(abspath $(BIN)):$$PATH" jlpm build:prod
	$(BIN)/python labextension/stamp.py --write

soak: .venv/installed ## the proofs at full size, about a day: seeds, kill -9 with aims, races, isolation
	$(BIN)/python -m tests.sim --seeds 100000 --processes $$(nproc 2>/dev/null || echo 2)
	$(BIN)/python -m tests.races.same_name --rounds 1000
	$(BIN)/python -m tests.races.isolation --requests 100000
	AIBRO_SOAK_IMAGES=10000 $(BIN)/python -m pytest --timeout 0 tests/faults
	$(BIN)/python -m tests.crash.storm --kills 3000 --every 5 --gate

bench: .venv/installed ## run the benchmarks, one after the other
	$(BIN)/python benchmarks/first_answer.py
	$(BIN)/python benchmarks/data_plane.py
	$(BIN)/python benchmarks/polling.py
	$(BIN)/python benchmarks/capture.py
	$(BIN)/python benchmarks/wake.py
	$(BIN)/python benchmarks/control_scale.py

clean: ## remove what the other commands made
	rm -rf .venv .venv-frameworks .coverage artifacts site build dist *.egg-info
