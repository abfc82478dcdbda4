# Everything sets itself up in .venv: `make run` and `make test` are all a person needs.
PYTHON ?= python3
VENV := .venv
NODE := frontend/node_modules
BIN := $(VENV)/bin
SHELL := /bin/bash
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_QUIET = 1
# Python compiles what it imports; the rest would be half a minute of every installation.
export PIP_NO_COMPILE = 1

.PHONY: run test test-long test-torch coverage check check-python check-page format install install-dev browser bench bench-gpu bench-modules bench-page soak screenshots contract map docs referees mutants lock up clean

run: install                ## serve the dashboard on http://127.0.0.1:8050
	@exec $(BIN)/flowscope serve

test: check                 ## lint, types, layers and every test
	$(BIN)/python -m pytest -n 2 --dist loadscope

test-long: install-dev browser  ## slow by nature: a thousand instances, every preset in every panel, an older torch, a soak
	FLOWSCOPE_INSTANCES=1000 $(BIN)/python -m pytest tests/engine/test_drawn.py tests/engine/test_status.py -n 2
	$(BIN)/python -m pytest -m long
	$(MAKE) test-torch soak

coverage: install-dev browser $(NODE)/.installed  ## every test, and how many lines of engine, server and page they ran
	rm -rf build/coverage
	FLOWSCOPE_COVERAGE=build/coverage/v8 $(BIN)/python -m pytest -n 2 --dist loadscope --cov --cov-report=term
	NODE_V8_COVERAGE=../build/coverage/v8 $(BIN)/python scripts/npm.py test
	$(BIN)/python scripts/npm.py run coverage

test-torch: $(VENV)/.installed-dev  ## the engine on an older torch: the first that pyproject.toml admits, or TORCH=2.9.0
	scripts/torch.sh $(TORCH)

check: install-dev browser $(NODE)/.installed  ## ruff and pyright; prettier, eslint, tsc and node --test for the page's modules
	@$(MAKE) --no-print-directory -j2 -O check-python check-page

check-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

check-page:
	$(BIN)/python scripts/npm.py run check
	$(BIN)/python scripts/npm.py test

format: install-dev $(NODE)/.installed  ## bring Python, JavaScript and style sheets into their format
	$(BIN)/ruff format .
	$(BIN)/python scripts/npm.py run format

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Flowscope needs Python 3.11 or newer, found " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(BIN)/python
	@echo "Installing Flowscope into $(VENV) (the first time takes a few minutes) ..."
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install -r requirements-dev.lock
	@touch $@

# Node comes with pyright; these tools check the page's modules, which are served as they are.
$(NODE)/.installed: frontend/package.json frontend/package-lock.json | $(VENV)/.installed-dev
	$(BIN)/python scripts/npm.py ci
	@touch $@

browser:                    ## a Chromium for the browser tests, where there is none and it can be installed
	@scripts/browser.sh

bench: $(VENV)/.installed-dev  ## the standing benchmark: ratios measured side by side in one run
	$(BIN)/python -m bench

bench-gpu: $(VENV)/.installed-dev  ## the engine on a GPU beside one CPU core of the same machine
	$(BIN)/python -m pytest tests/engine/test_device.py
	$(BIN)/python -m bench.gpu

bench-modules: $(VENV)/.installed-dev  ## memory and time of layerwise metrics against depth, as ratios
	$(BIN)/python -m bench.modules

bench-page: install-dev browser  ## scrubbing and dragging in a real browser
	$(BIN)/python -m bench.page

soak: install-dev browser     ## ten minutes of streaming: heap and long tasks of the page
	$(BIN)/python -m bench.soak

screenshots: install-dev browser  ## every panel, both themes, three sizes
	$(BIN)/python scripts/screenshot.py

contract: install           ## the page's copy of the contract, from the engine and the server
	$(BIN)/python scripts/contract.py

map: $(VENV)/.installed  ## the map of folders in docs/architecture.md, from the imports of the code
	$(BIN)/python scripts/map.py

docs: $(VENV)/.installed-dev  ## the documentation as a site in site/; a dead link or a wrong formula ends the build
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "The documentation is in site/: open site/index.html"

referees:                   ## the answers of other libraries that tests compare with, each from an environment of its own
	PYTHON=$(PYTHON) scripts/referees/run.sh

mutants: $(VENV)/.installed-dev  ## twenty minutes of wrong formulas, drawn by a fixed seed: tests must notice each (docs/referees.md)
	$(BIN)/python scripts/mutants.py --minutes 20

lock: $(BIN)/python         ## resolve the dependencies anew
	scripts/lock.sh

up:                         ## server and page in two containers, with the GPU where the host has one
	FLOWSCOPE_RUNTIME=$$(command -v nvidia-smi >/dev/null && echo nvidia || echo runc) docker compose up --build

clean:
	rm -rf $(VENV)
