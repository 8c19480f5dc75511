# One entry point. `make demo` and `make test` set up what they need in .venv: all it takes is Python 3.11 to 3.13.

SYSTEM_PYTHON ?= python3
# Arguments to pip for torch alone, such as the index of its CPU builds; see CONTRIBUTING.md.
TORCH_PIP_ARGS ?=

VENV := .venv
WITH_EXTRAS := .[test,docs,phones]
PYTHON := $(VENV)/bin/python
PARITY_PYTHON := .venv-parity/bin/python
EXPORTS_PYTHON := .venv-exports/bin/python
OTHER_READERS := dictionary-learning sae-lens eai-sparsify
EXPORT_READERS := datasets torchcodec embedding-atlas
SUPPORTED := import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else \
	"Python 3.11 to 3.13 is needed, and this is another; name one: make SYSTEM_PYTHON=python3.12 ...")

.PHONY: help demo test test-tools check check-scripts snapshots lock docs docs-reference bench parity clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/ready  ## build the demo's atlas, in site/demo, and look at it
	$(VENV)/bin/atlas demo

# A browser keeps the cores busy by itself, and its tests look at the clock; all others share them.
test: check  ## every check, and all tests
	$(PYTHON) -m pytest --numprocesses auto --dist loadfile --ignore tests/browser
	$(PYTHON) -m pytest tests/browser
	$(PYTHON) -m tests.tools.tested

test-tools: $(VENV)/ready  ## the tests of the demo's makers, in any case; `make test` runs them where they are due
	$(PYTHON) -m tests.tools.tested --always

check: $(VENV)/ready check-scripts docs  ## style, types and documentation, without tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

check-scripts:  ## style of scripts and style sheets, by Biome, where there is npm
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory node_modules/ready && node_modules/.bin/biome check; \
	elif [ "$$ATLAS_BROWSER_TESTS" = required ]; then echo "no npm to fetch Biome by: apt-get install npm" >&2; exit 1; \
	else echo "scripts and style sheets go unchecked, as there is no npm to fetch Biome by"; fi

node_modules/ready: package.json package-lock.json
	npm ci --silent
	@touch $@

docs: $(VENV)/ready  ## the documentation's own site, in build/docs; a warning is a failure
	NO_COLOR=1 $(VENV)/bin/zensical build --clean --strict

docs-reference: $(VENV)/ready  ## write the pages of docs/ that are made from the code
	$(PYTHON) -m tools.docs

snapshots: $(VENV)/ready  ## write the snapshots of pages anew; read the difference before it is committed
	SNAPSHOTS=write $(PYTHON) -m pytest tests/render/test_snapshots.py

# torch is pinned in constraints.txt, and what it brings depends on its build; triton is never needed.
lock:  ## pin the newest packages that fit together, in requirements-dev.lock; needs uv
	uv pip compile pyproject.toml --extra test --extra docs --extra phones --constraint constraints.txt --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package torch --no-emit-package triton \
		--quiet | grep -vE '^(cuda|nvidia)-' > requirements-dev.lock

bench: $(VENV)/ready  ## how long a window takes, stage by stage
	$(PYTHON) -m tests.benchmarks.bench

parity: .venv-parity/ready $(VENV)/ready .venv-exports/ready  ## our readers and exports against the libraries of others
	$(PARITY_PYTHON) -W ignore tests/parity/run.py
	$(PYTHON) -m tests.parity.exporting build/exports
	$(EXPORTS_PYTHON) -W ignore tests/parity/opening.py build/exports

clean:  ## remove what the targets above wrote; the environments stay
	rm -rf .demo .bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find atlas tests -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call environment,FOLDER,PACKAGES): torch first and by itself, so that nothing else decides which build it is.
define environment
	@$(SYSTEM_PYTHON) -c '$(SUPPORTED)'
	$(SYSTEM_PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --constraint constraints.txt $(TORCH_PIP_ARGS) torch
	$(1)/bin/python -m pip install --constraint constraints.txt $(2)
	@touch $(1)/ready
endef

$(VENV)/ready: pyproject.toml constraints.txt requirements-dev.lock
	$(call environment,$(VENV),--constraint requirements-dev.lock --editable "$(WITH_EXTRAS)")

.venv-parity/ready: pyproject.toml constraints.txt
	$(call environment,.venv-parity,--editable . $(OTHER_READERS))
	@# A dependency of theirs brings torchvision, which needs another torch than the CPU's; nothing here uses it.
	$(PARITY_PYTHON) -m pip uninstall --yes torchvision

# torchcodec takes the newest torch alone, so nothing is pinned here; it decodes by FFmpeg's libraries (Debian: ffmpeg).
.venv-exports/ready: pyproject.toml
	$(SYSTEM_PYTHON) -m venv .venv-exports
	$(EXPORTS_PYTHON) -m pip install $(TORCH_PIP_ARGS) torch
	$(EXPORTS_PYTHON) -m pip install $(EXPORT_READERS)
	@touch $@
