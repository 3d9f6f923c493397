# The seven commands of this house: setup, demo, test, check, bench, lab, wheel. They need Python 3.11, Node 20 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := web-player
# How often `make bench` runs each engine on each scenario.
RUNS ?= 3
# What `make lab` runs.
SCENARIOS ?= $(notdir $(basename $(wildcard tests/lab/scenarios/*.toml)))
INSTALLED := $(VENV)/.installed
MODULES := $(WEB)/node_modules/.package-lock.json
PAGES := $(WEB)/dist/index.html
WEB_SOURCES := $(shell find $(WEB) \( -name node_modules -o -name dist -o -name tests \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench lab format wheel

help:
	@echo 'make setup   everything that is needed, in .venv and $(WEB)/node_modules'
	@echo 'make demo    a lecture, a live class and a swarm on this machine, in one go'
	@echo 'make test    every check and every test'
	@echo 'make check   formatting, types, import contracts, and the web player'"'"'s own checks'
	@echo 'make bench   our engine beside p2p-media-loader and plain hls.js, on a class and a lecture: two hours'
	@echo 'make lab     swarms of real viewers in networks of their own (root on Linux): 35 minutes'
	@echo 'make wheel   the package with the built web player, in dist/'

setup: $(INSTALLED) $(PAGES)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11 / 需要 Python 3.11 或更新版本'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python lacks venv. On Debian: apt-get install python3-venv / 缺少 python3-venv，请先安装'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml hatch_build.py | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

$(MODULES): $(WEB)/package.json $(WEB)/package-lock.json
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null \
	  || { echo 'Node.js 20 or newer with npm is needed / 需要 Node.js 20 或更新版本（含 npm）'; exit 1; }
	npm --prefix $(WEB) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGES): $(MODULES) $(WEB_SOURCES) swarm/policy.json
	npm --prefix $(WEB) run --silent build -- --logLevel warn
	@touch $@

demo: setup
	$(BIN)/banyan demo

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix $(WEB) run --silent check

test: setup
	$(BIN)/python -m tests
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest

bench: setup
	$(BIN)/python -m tests
	$(BIN)/python -m tests.bench swarm --scenario live-open --engine banyan,p2pml,p2pml-near,http --runs $(RUNS)
	$(BIN)/python -m tests.bench swarm --scenario vod-staggered --engine banyan,p2pml,http --runs $(RUNS)

lab: setup
	$(BIN)/python -m tests
	$(BIN)/python -m tests.lab check
	$(BIN)/python -m tests.lab run $(SCENARIOS)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: setup
	$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps -w dist .
	@ls dist/*.whl
