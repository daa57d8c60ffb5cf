# Everything a person or a build server runs. `make` alone explains.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo up bi doctor test check bench bench-growth soak mutants screenshots clean lock docs dictionary sbom format install install-dev install-bi install-docs
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
export PYTHON
# Settings of the calling shell that would slow us down or put other code in front of ours.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

help: ## this list
	@echo "CRM contacts to Mailchimp audiences, campaign reports back. Targets:"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo "Settings (all optional): .env.example"

demo: install ## run the whole pipeline once on sample data, here, without any account (3 minutes on two idle cores)
	@$(PY) -m local_installation.demo

up: install ## the same installation with the Airflow web page, until Ctrl-C
	@$(PY) -m local_installation.up

bi: install install-bi ## Superset's dashboards beside the demo's data, until Ctrl-C (docs/bi_tools.md)
	@$(PY) -m local_installation.bi

doctor: install ## look at this installation before it goes live; changes nothing (docs/doctor.md)
	@$(PY) -m mailchimp_provider.doctor $(ARGS)

test: install-dev install-bi install-docs ## the whole test suite (some 80 minutes on two cores)
	$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

check: install-dev ## what to run before a commit: style, types, SQL, fast tests (under a minute)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy include plugins
	$(PY) -m sqlfluff lint --processes 2 --disable-progress-bar sql include/local_installation/sql examples
	$(PY) -m pytest -q -n 2 --dist loadgroup -m 'not slow' $(ARGS)

bench: install-dev ## measure speed and memory on large data: one table and a picture (an hour)
	$(PY) -m pytest -s -p no:xdist -o python_files='bench_*.py' $(or $(ARGS),tests/benchmarks)

bench-growth: install-dev ## draw how time and memory grow from 62,500 to 1,000,000 contacts
	@$(MAKE) bench ARGS=tests/benchmarks/bench_growth.py

soak: install-dev ## random histories (600 worlds, 120,000 stories) and faults at length (two hours)
	$(PY) -m pytest -q -n 2 -o python_files='soak_*.py' $(or $(ARGS),tests)

mutants: install-dev ## break the product on purpose in thirty-two ways; the histories have to notice each
	$(PY) -m pytest -q -n 2 -o python_files='mutants_*.py' $(or $(ARGS),tests/histories)

screenshots: install-dev install-bi ## picture each view of the page and each dashboard, light and dark, into .local/screenshots
	$(PY) -m pytest -q -o python_files='screenshots_*.py' $(or $(ARGS),tests/end_to_end)

format: install-dev ## put Python and SQL into the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m sqlfluff fix --processes 2 --disable-progress-bar sql include/local_installation/sql examples

docs: install-dev install-docs ## write the documents that are made from the code, and the site of all documents
	@$(PY) tools/write_docs.py
	@tools/build_site

dictionary: install-dev ## write docs/data_dictionary.md from the comments of the warehouse's views and columns
	$(PY) tools/write_dictionary.py

sbom: install-dev ## write the software bill of materials and the table of licences of requirements-celery.txt
	@tools/sbom

clean: ## stop what still runs of ours and remove every trace: .local with all data, .venv, caches
	@tools/clean

lock: install-dev ## resolve requirements*.in again into the locked, hashed requirements*.txt
	tools/lock

install: # .venv with what the pipeline runs on; nothing to do when it is current
	@MAKE_TARGET=$(firstword $(MAKECMDGOALS)) tools/install run

install-dev: # .venv with what tests and checks need as well
	@MAKE_TARGET=$(firstword $(MAKECMDGOALS)) tools/install dev

install-bi: # .venv-bi with Superset, whose packages do not fit Airflow's
	@tools/install_beside bi

install-docs: # .venv-docs with MkDocs Material, whose packages do not fit Airflow's
	@tools/install_beside docs
