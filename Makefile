# Two commands do everything on a fresh machine: `make demo` and `make test`. Both fill .venv when it is not there.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIP := $(PYTHON) -m pip --python $(RUN)/python install --quiet --disable-pip-version-check
PYTEST := $(RUN)/pytest -n 4 --dist worksteal

# Images for containers often set it; without .pyc files every process of the suite would compile all of it again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test test-thorough check lint types layers docs bench clean

demo: $(VENV)/.for-demo
	$(RUN)/migrator demo

test: $(VENV)/.for-tests
	$(PYTEST)

test-thorough: $(VENV)/.for-tests
	$(PYTEST) -m "thorough or not thorough"

check: lint types layers
	$(RUN)/python -m tests.docs.generate --check
	$(PYTEST)

lint: $(VENV)/.for-tests
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(VENV)/.for-tests
	$(RUN)/pyright

layers: $(VENV)/.for-tests
	$(RUN)/lint-imports

docs: $(VENV)/.for-tests
	$(RUN)/python -m tests.docs.generate

bench: $(VENV)/.for-tests
	$(RUN)/python benchmarks/lint.py
	$(RUN)/python benchmarks/backfill.py

clean:
	rm -rf $(VENV)

$(VENV)/.for-demo: constraints.txt | $(RUN)/python
	$(PIP) --require-hashes -r constraints.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.for-tests: constraints-dev.txt | $(RUN)/python
	$(PIP) --require-hashes -r constraints-dev.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.for-demo

# Some systems split ensurepip off: then the environment is made without pip; the system's pip fills it either way.
$(RUN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)
