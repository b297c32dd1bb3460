PYTHON ?= python3
BIN := .venv/bin
# uv does not read pip's settings; an empty value where pip has no local folder.
export UV_FIND_LINKS ?= $(wildcard $(PIP_FIND_LINKS))
export BENTOML_DO_NOT_TRACK := True
export MLFLOW_DISABLE_TELEMETRY := true
export HF_HUB_OFFLINE := 1

# One worker a core, and no more than four: several tests start a whole service. A file stays together.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 25

.PHONY: up test check slow build lock clean

up: .venv/ok                ## set up, build the synthetic month, train, serve
	@$(BIN)/tamis up

test: check                 ## static checks, every test, the tests again against the wheel
	$(BIN)/pytest $(PARALLEL)
	$(BIN)/python tests/wheel.py $(PARALLEL)

check: .venv/ok             ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

slow: .venv/ok              ## long simulations and behaviour tests
	$(BIN)/pytest -m slow

build: .venv/ok             ## the wheel
	$(BIN)/python -m build --wheel --installer uv

lock: .venv/ok              ## pin again; torch stays out, so that each machine takes its own build
	$(BIN)/uv pip compile -q --no-header --no-annotate --no-emit-package torch --all-extras pyproject.toml -o requirements.lock

.venv/ok: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv==0.13.9
	$(BIN)/uv pip install -q --python $(BIN)/python -c requirements.lock -e '.[dev]'
	@touch $@

clean:                      ## remove what was built; var/ (your data) stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
