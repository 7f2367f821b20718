# Everything a fresh machine needs is Python 3.10 or newer and make: `make demo`, `make test`.
PYTHON ?= python3
PHOTOS ?=
VENV := .venv
RUN := $(VENV)/bin
CONSTRAINTS := $(shell $(PYTHON) -c 'import sys; print("constraints.txt" if sys.version_info[:2] == (3, 11) else "/dev/null")')

.PHONY: help setup demo test test-slow test-playground test-kills check format bench clean

help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(VENV)/ready    ## the virtual environment, made once

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --upgrade pip
	$(RUN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[dev]'
	touch $@

demo: setup      ## imaginary birds, their teacher, two students: the main job in minutes, without network or data
	$(RUN)/clipling demo

test: setup      ## the tests but for the slow ones, on as many cores as there are, four at most; says what is skipped, and why
	$(RUN)/python -m pytest -m "not slow" -rs --numprocesses auto --maxprocesses 4 --dist loadfile

test-slow: setup ## minutes more: two processes under torchrun, compiled training, Figure 2b (installs the extra 'figures')
	$(RUN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[dev,figures]'
	$(RUN)/python -m pytest -rs -m slow

test-playground: setup    ## the page of clipling playground, over HTTP and in a browser (Chromium, if it is installed)
	$(RUN)/python -m pip install --quiet --constraint $(CONSTRAINTS) playwright
	$(RUN)/python -m pytest -rs tests/deploy/test_playground.py tests/workflows/test_playground.py tests/workflows/test_playground_browser.py

test-kills: setup ## every verb that writes, killed 1,000 times (an hour or more); KILLS=40 VERBS="split report" for fewer
	$(RUN)/python tests/kills.py $(if $(KILLS),--kills $(KILLS)) $(if $(VERBS),--verbs $(VERBS))

check: setup     ## static checks: style, types, floors, spelling
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/codespell

format: setup    ## put the code into the house's form
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: setup     ## speed of training and of features, peak memory of a run; writes benchmarks/results
	@test -d "$(PHOTOS)" || { echo "make bench PHOTOS=FOLDER: a folder of full-size photographs is needed"; exit 2; }
	$(RUN)/python benchmarks/throughput.py --photos $(PHOTOS)
	$(RUN)/python benchmarks/features.py --photos $(PHOTOS)
	$(RUN)/python benchmarks/memory.py

clean:           ## remove what the other targets made, but for the environment
	rm -rf runs/demo build dist .pytest_cache .mypy_cache .ruff_cache
