# Every target sets up what it needs; all that must be there is Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
DURATION ?=
REPORT ?=
SCENARIO ?=
CLUSTER ?= brownfield

.DEFAULT_GOAL := help
.PHONY: help venv demo cluster-demo test test-here test-clusters tools lint format bench chaos lock crds dashboards clean

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

venv: .venv/.installed ## The locked environment; leaves the command in .venv/bin/brownfield

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Brownfield needs Python 3.11 or newer; say which with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "This Python cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv ## The wind farm: simulated plant, adapters, spine, pipeline, twins and a page
	$(BIN)/brownfield demo $(if $(DURATION),--duration $(DURATION)) $(if $(REPORT),--report $(REPORT))

cluster-demo: venv ## The same farm on a Kubernetes of its own: images, chart, plant, resources (CLUSTER=name)
	$(BIN)/python -m hack.cluster_demo $(CLUSTER)

test: test-here test-clusters ## All tiers; gets and builds what they need, and says which a machine cannot have

test-here: venv ## Unit, wire, page and rule tests
	hack/chromium.sh
	$(BIN)/python -m pytest

test-clusters: venv ## The tiers of chart, API server, Argo CD and cluster; builds Kubernetes the first time
	$(BIN)/python -m pytest -m '(chart or apiserver or gitops or cluster) and not chaos'

tools: venv ## What the tiers on clusters need, built ahead: minutes of Go the first time, nothing later
	$(BIN)/python -m hack.cluster tools
	$(BIN)/python -m hack.argocd build

lint: venv ## ruff, mypy --strict, import directions, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python hack/crds.py --check
	$(BIN)/python -m hack.dashboards --check
	$(BIN)/python -m hack.argocd customizations --check
	$(BIN)/mypy

format: venv ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: venv ## The figures of docs/benchmarks.md, in one run on this machine
	$(BIN)/python -m hack.bench $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(DURATION),--duration $(DURATION)) $(if $(REPORT),--report $(REPORT))

chaos: venv ## The long tests: processes and spine killed, the spine away for minutes, a thousand sources at rest
	$(BIN)/python -m pytest tests/chaos tests/api_server tests/cluster tests/gitops -m chaos --timeout 1800

crds: venv ## Generate crds/ from the models
	$(BIN)/python hack/crds.py

dashboards: venv ## Generate dashboards/ from hack/dashboards
	$(BIN)/python -m hack.dashboards

lock: venv ## Compile requirements.lock
	hack/lock.sh

clean: ## Remove what make made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
