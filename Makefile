# `make help` lists every target.
.DEFAULT_GOAL := help
.PHONY: help venv demo test check lint unit cli board hubs standins hostile packaging twins faults campaign
.PHONY: reliability snapshots bench docs wheels format clean

# The tests start hundreds of processes: without bytecode files each compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SPEC := inventory/lab.yaml
# These need neither root nor a network. All but tests/unit start processes.
FAST := tests/unit tests/cli tests/board tests/hubs
PYTEST := $(BIN)/python -m pytest
RECORD := $(CURDIR)/build/campaign.jsonl
# Three workers on two cores, because a twin waits half of its time. tests/conftest.py has the order.
TWINS := tests/faults tests/twins -n 3 --dist loadfile --no-loadscope-reorder

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | \
	  awk -F '|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

venv: ## install .venv from constraints.txt
	@./bootstrap.sh

demo: venv ## set up five virtual Jetsons from bare boards to answering models, twice (root)
	@$(BIN)/python -m tests.support.demo $(SPEC)

test: check standins hostile packaging twins ## all tests that fit in an hour (root)

check: lint ## lint, and the tests of the code, the commands and the boards' programs: four minutes
	$(PYTEST) -q -n 2 $(FAST)

lint: venv ## format, lint, types, and a scan for secrets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.support.secret_scan

unit: venv ## tests without processes, sockets and waiting: a minute
	$(PYTEST) -q -n 2 tests/unit

cli: venv ## tests of the commands, as processes
	$(PYTEST) -q -n 2 tests/cli

board: venv ## tests of the programs that run on boards
	$(PYTEST) -q -n 2 tests/board

hubs: venv ## tests of downloads from the stand-ins of hubs and registries
	$(PYTEST) -q -n 2 tests/hubs

standins: venv ## tests of the stand-ins themselves
	$(PYTEST) -q -n 2 tests/standins

hostile: venv ## tests of what is broken or hostile: SSH servers, hubs, keys, signals, damaged files
	$(PYTEST) -q -n 2 tests/hostile

packaging: venv ## tests of the built distributions, installed elsewhere, and of the CI recipes
	$(PYTEST) -q tests/packaging

twins: venv ## tests/twins and tests/faults: real SSH, systemd and Docker (root)
	$(PYTEST) -q $(TWINS) --durations=20

faults: venv ## tests/faults alone: kills, broken downloads, refusals (root)
	$(PYTEST) -q -n 3 --dist loadfile tests/faults

campaign: venv ## the long tests: every drift on every board, many kills (root, an hour)
	rm -f $(RECORD)
	mkdir -p $(dir $(RECORD))
	JETFLEET_CAMPAIGN=1 JETFLEET_CAMPAIGN_RECORD=$(RECORD) $(PYTEST) -q $(TWINS) --durations=30
	JETFLEET_CAMPAIGN=1 $(PYTEST) -q -m campaign tests/unit tests/hostile

reliability: venv ## rewrite docs/reliability.md from the matrix of faults and the last campaign
	@test ! -e $(RECORD) || $(BIN)/python -m tests.faults.matrix.record $(RECORD)
	$(PYTEST) -q tests/unit/test_reliability.py --rewrite-snapshots

snapshots: venv ## rewrite tests/data/snapshots, tests/data/forms and the JSON Schema; review the diff
	$(PYTEST) -q $$(grep -rl --include="test_*.py" rewrite-snapshots tests/unit tests/cli) --rewrite-snapshots

bench: venv ## time ratios to stock operations, a script by hand, aria2c and the hubs' clients (root)
	$(BIN)/python -m bench.startup
	$(BIN)/python -m bench.render
	$(BIN)/python -m bench.scale
	$(BIN)/python -m bench.slow_link
	$(BIN)/python -m bench.upload
	$(BIN)/python -m bench.pace
	$(BIN)/python -m bench.noop
	$(BIN)/python -m bench.stopped
	$(BIN)/python -m bench.first_apply
	$(BIN)/python -m bench.fetch
	$(BIN)/python -m bench.clients
	$(BIN)/python -m bench.rollout

docs: venv ## build the guide as a site in site/
	$(BIN)/mkdocs build --quiet --strict

wheels: venv ## build both distributions in dist/: jetfleet, and jetfleet-twins for its extra `twins`
	rm -rf build twins/build dist
	$(BIN)/pip wheel -q --no-deps --no-build-isolation -w dist . ./twins
	rm -rf build twins/build

format: venv ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## stop the twins, remove .venv and caches
	@test ! -x $(BIN)/jetfleet || $(BIN)/jetfleet twin down $(SPEC)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .secret_scan_cache build dist *.egg-info twins/*.egg-info
