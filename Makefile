# Two commands set everything up on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo test journeys cite coverage check docs bench lock nodes clean

help: ## What can be done here.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/run.done ## Simulate an exchange, inspect it, and show where the report is and how to open the console (under 5 minutes).
	$(BIN)/sekisho demo --out demo

test: $(VENV)/test.done $(VENV)/docs.done check ## Install what the tests need and run them all (under 20 minutes on 2 cores).
	$(BIN)/python -m pytest -p no:warnings -n 2 --dist loadfile --no-loadscope-reorder
	$(MAKE) --no-print-directory cite

coverage: $(VENV)/test.done $(VENV)/docs.done ## The tests again, counting which lines and branches they reach (about 20 minutes).
	$(BIN)/python -m coverage run -m pytest -p no:warnings
	$(BIN)/python -m coverage report --skip-covered

journeys: $(VENV)/test.done ## The office in a real browser, many people at once with kills, and who may do what, each cell (about 35 minutes).
	SEKISHO_JOURNEYS=1 $(BIN)/python -m pytest -p no:warnings tests/console/browser tests/console/test_crowd.py tests/console/test_matrix.py

cite: $(VENV)/run.done ## Resolve every citation against the law texts, where they are.
	@law="$${SEKISHO_DATA:-../shared/data}/law"; if [ -d "$$law" ]; then $(BIN)/sekisho rules cite --law "$$law"; \
	else echo "citations not checked: no law texts at $$law; set SEKISHO_DATA"; fi

check: $(VENV)/test.done ## Lint, types, and the direction of imports.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/docs.done ## Build the documentation site into site/.
	$(BIN)/mkdocs build --strict

bench: $(VENV)/test.done ## Measure: quality of every market rule, throughput, watch, Spark (about two hours on 2 cores).
	$(BIN)/python -m benchmarks

$(VENV)/python.done:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sekisho needs Python 3.11 or newer; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/run.done: $(VENV)/python.done requirements/run.txt pyproject.toml
	$(PIP) --no-deps --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# Spark joins the tests where a full Java is on the machine; without one its tests skip and say so.
$(VENV)/test.done: $(VENV)/run.done requirements/test.txt requirements/spark.txt
	$(PIP) --no-deps --require-hashes -r requirements/test.txt
	if command -v java >/dev/null 2>&1; then $(PIP) --no-deps --require-hashes -r requirements/spark.txt; fi
	touch $@

$(VENV)/docs.done: $(VENV)/run.done requirements/docs.txt
	$(PIP) --no-deps --require-hashes -r requirements/docs.txt
	touch $@

lock: $(VENV)/run.done ## Renew the hashed requirements files from pyproject.toml.
	$(PIP) uv
	tools/lock

nodes: ## Put a Bitcoin and an Ethereum node into .nodes/, where the machine can get them; without them their tests skip.
	tools/nodes

clean: ## Remove what was built or simulated, not the virtual environment.
	rm -rf demo site build dist .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache
