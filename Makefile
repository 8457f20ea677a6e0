# `make help` lists every entry point.
.DEFAULT_GOAL := help
.PHONY: help venv demo test check unit integration campaign snapshots bench docs wheels format clean

BIN := .venv/bin
SPEC := inventory/lab.yaml
# What needs neither root nor a network; all but tests/unit start processes.
FAST := tests/unit tests/cli tests/board tests/hubs tests/standins
PYTEST := $(BIN)/python -m pytest
# Three workers on two cores: half of a twin's time is waiting. The long files stand first.
TWINS := tests/faults tests/twins -n 3 --dist loadfile --no-loadscope-reorder

help: ## list the entry points
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | \
	  awk -F '|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

venv: ## make .venv from constraints.txt
	@./bootstrap.sh

demo: venv ## five virtual Jetsons, from bare boards to answers of their models, applied twice
	@$(BIN)/python -m tests.support.demo $(SPEC)

test: check integration ## everything that fits in ten minutes: checks, unit tests, twins

check: venv ## format, lint, types, shell, unit tests: seconds, needs neither root nor network
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) -q -n 2 $(FAST)

unit: venv ## the unit tests alone
	$(PYTEST) -q tests/unit

integration: venv ## real SSH, systemd and Docker on virtual Jetsons
	$(PYTEST) -q $(TWINS) --durations=20

campaign: venv ## the long rest: every drift on every board, kills by the dozen (an hour)
	JETFLEET_CAMPAIGN=1 $(PYTEST) -q $(TWINS) --durations=30

snapshots: venv ## rewrite tests/data/snapshots, tests/data/forms and the JSON Schema; review the diff
	$(PYTEST) -q $$(grep -l rewrite-snapshots tests/unit/*.py tests/cli/*.py) --rewrite-snapshots

bench: venv ## ratios against stock operations, a bare aria2c and the hubs' own clients
	$(BIN)/python -m bench.render
	$(BIN)/python -m bench.noop
	$(BIN)/python -m bench.plan
	$(BIN)/python -m bench.fetch
	$(BIN)/python -m bench.clients

docs: venv ## the guide as a site in site/
	$(BIN)/mkdocs build --quiet --strict

wheels: venv ## both distributions in dist/: jetfleet, and jetfleet-twins for its extra `twins`
	rm -rf build twins/build dist
	$(BIN)/pip wheel -q --no-deps --no-build-isolation -w dist . ./twins
	rm -rf build twins/build

format: venv ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## take twins down, remove .venv and caches
	@test ! -x $(BIN)/jetfleet || $(BIN)/jetfleet twin down $(SPEC)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info twins/*.egg-info
