# Every target works first and alone in a fresh clone: it makes .venv and installs what it needs.

PYTHON ?=
UV ?= .venv/bin/uv

venv := .venv/bin
stamps := .venv/installed
pip_install := -m pip install --quiet --disable-pip-version-check --only-binary :all:
compile := pip compile --quiet --no-config --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
  --custom-compile-command 'make lock' $(UPGRADE)
has_tensorflow = $(venv)/python -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || \
  { echo 'TensorFlow needs Python 3.11 to 3.13: make clean, then make $(1) PYTHON=python3.13' >&2; exit 1; }
catalogues := $(wildcard src/paribus/texts/locale/*/LC_MESSAGES/*.po)

.PHONY: help lab test whole check slow trust fuzz audit browser golden torch trackers ray benchmarks docs wheel texts lock clean moved
.NOTPARALLEL:

# Tests start hundreds of processes: each would compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "make %-12s%s\n", $$1, $$2 }'
	@echo 'With PYTHON=python3.12 the environment is made with that Python, with ARGS="..." its words are passed on.'

lab: $(stamps)/lab ## install Paribus and run the published lab on the images that come with it
	$(venv)/paribus run lab2 --embedded $(ARGS)

test: $(stamps)/test ## the tests, on two processes
	$(venv)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

whole: $(stamps)/test ## the tests that train whole studies, or networks of every kind
	$(venv)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'whole and not (slow or keras or torch or trackers or ray or trust or browser)' $(ARGS)

slow: $(stamps)/test ## the tests that take longer
	$(venv)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow $(ARGS)

trust: $(stamps)/test ## kills, faults, races, damages: the full counts behind docs/reliability.md
	PARIBUS_TRUST_KILLS=100 PARIBUS_TRUST_FAULTS=1000 PARIBUS_TRUST_RACES=50 PARIBUS_TRUST_DAMAGES=1000 \
	  $(venv)/pytest -n 2 -m 'trust or not (slow or keras)' tests/trust tests/engine/test_continuing.py $(ARGS)

fuzz: $(stamps)/test ## 10,000 made studies, 2,000 data files, 2,000 damaged folders: what reads them refuses or reads
	$(venv)/python -W ignore -m tests.fuzz $(ARGS)

audit: $(stamps)/check ## which packages of the locks have known flaws, where that can be asked
	$(venv)/python requirements/audit.py

browser: $(stamps)/test ## the report's page and the live one in a real browser; needs Chromium
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { echo 'The browser tests need Chromium: sudo apt install chromium' >&2; exit 1; }
	$(venv)/pytest -m browser $(ARGS)

check: $(stamps)/check ## style, types, arrows between rooms, compiled texts, locks
	$(venv)/ruff check
	$(venv)/ruff format --check
	$(venv)/pyright
	$(venv)/lint-imports --no-logo
	$(venv)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(venv)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	$(venv)/pytest tests/test_project.py tests/test_release.py

golden: $(stamps)/test .venv-golden/installed ## the tests against Keras on TensorFlow
	PARIBUS_GOLDEN_PYTHON='$(CURDIR)/.venv-golden/bin/python' $(venv)/pytest -m keras $(ARGS)

torch: $(stamps)/test .venv-peers/installed ## the tests that train with PyTorch
	PARIBUS_PEERS_PYTHON='$(CURDIR)/.venv-peers/bin/python' $(venv)/pytest -m torch $(ARGS)

trackers: .venv-trackers/installed ## the tests against TensorBoard, MLflow, Optuna and W&B themselves
	.venv-trackers/bin/pytest -m trackers $(ARGS)

ray: .venv-ray/installed ## the tests on a cluster of Ray: three nodes on this machine
	.venv-ray/bin/pytest -m ray $(ARGS)

benchmarks: $(stamps)/test .venv-peers/installed ## Paribus beside Keras, PyTorch and scikit-learn, for docs/performance.md
	$(venv)/python -m benchmarks $(ARGS)

docs: .venv-docs/installed ## the documentation as pages in build/site, its links checked
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet $(ARGS)
	@! grep -rlE --include='*.html' '<(script|link|img|iframe)[^>]* (src|href)="(https?:)?//' build/site || \
	  { echo 'These pages fetch something from a network.' >&2; exit 1; }
	@echo "Open build/site/index.html in a browser."

wheel: export SOURCE_DATE_EPOCH ?= 1577836800
wheel: $(stamps)/check ## build wheel and sdist twice, to the same bytes; use the wheel in an environment of its own
	rm -rf dist build/wheel build/again
	$(venv)/python -m build --no-isolation --outdir dist
	$(venv)/python -m build --no-isolation --outdir build/again
	for file in dist/*; do cmp "$$file" "build/again/$${file#dist/}" || exit 1; done
	$(venv)/twine check --strict dist/*
	$(venv)/python -m venv build/wheel/venv
	build/wheel/venv/bin/python $(pip_install) --require-hashes -r requirements/lab.txt
	build/wheel/venv/bin/python $(pip_install) --no-index --no-deps dist/*.whl
	cd build/wheel && venv/bin/paribus run lab2 --embedded --only 1,3a
	cd build/wheel && venv/bin/paribus show paribus-out/lab2-embedded

texts: $(catalogues:.po=.mo) ## compile the catalogues of sentences

%.mo: %.po | $(stamps)/test
	$(venv)/pybabel compile -i $< -o $@

lock: $(stamps)/check ## make requirements/*.txt from pyproject.toml; UPGRADE=--upgrade takes newer versions
	$(UV) $(compile) pyproject.toml --extra embedded --group build -o requirements/lab.txt
	$(UV) $(compile) pyproject.toml --extra embedded --extra live --group build --group test -c requirements/lab.txt -o requirements/test.txt
	$(UV) $(compile) pyproject.toml --extra embedded --extra live --group build --group test --group check -c requirements/test.txt -o requirements/check.txt
	$(UV) $(compile) pyproject.toml --extra embedded --extra live --extra mlflow --extra optuna --extra parquet --extra tensorboard --extra wandb --group build --group test -c requirements/test.txt -o requirements/trackers.txt
	$(UV) $(compile) pyproject.toml --extra embedded --extra live --extra ray --group build --group test -c requirements/test.txt -o requirements/ray.txt
	$(UV) $(compile) --group golden -o requirements/golden.txt
	$(UV) $(compile) --group docs -o requirements/docs.txt

clean: ## remove the environments, what was built and what tools remember; results stay
	rm -rf .venv .venv-docs .venv-golden .venv-peers .venv-ray .venv-trackers build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment holds absolute paths: one that was moved, or whose Python is gone, is made again.
here := $(shell test "$$(cat $(stamps)/venv 2>/dev/null)" = "$(CURDIR)" && $(venv)/python -c '' 2>/dev/null && echo yes)

$(stamps)/venv: $(if $(here),,moved)
	@python=$$(requirements/find-python $(PYTHON)) && echo "Making .venv with $$python." && \
	  $$python -m venv $(if $(wildcard $(stamps)/venv),--clear) .venv
	@mkdir -p $(stamps) && echo "$(CURDIR)" > $@

# --require-hashes refuses a package without one, and Paribus itself is not in the lock.
$(stamps)/lab $(stamps)/test $(stamps)/check: $(stamps)/%: requirements/%.txt pyproject.toml $(stamps)/venv
	@echo 'Installing requirements/$*.txt into .venv; the first time this takes a few minutes.'
	@$(venv)/python $(pip_install) --require-hashes -r requirements/$*.txt
	@$(venv)/python $(pip_install) --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv-golden/installed: requirements/golden.txt $(stamps)/venv
	@$(call has_tensorflow,golden)
	@echo 'Installing requirements/golden.txt into .venv-golden; the first time this takes a few minutes.'
	@$(venv)/python -m venv --clear .venv-golden
	@.venv-golden/bin/python $(pip_install) --require-hashes -r requirements/golden.txt
	@touch $@

.venv-trackers/installed: requirements/trackers.txt pyproject.toml $(stamps)/venv
	@echo 'Installing requirements/trackers.txt into .venv-trackers; the first time this takes a few minutes.'
	@$(venv)/python -m venv --clear .venv-trackers
	@.venv-trackers/bin/python $(pip_install) --require-hashes -r requirements/trackers.txt
	@.venv-trackers/bin/python $(pip_install) --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv-ray/installed: requirements/ray.txt pyproject.toml $(stamps)/venv
	@echo 'Installing requirements/ray.txt into .venv-ray; the first time this takes a few minutes.'
	@$(venv)/python -m venv --clear .venv-ray
	@.venv-ray/bin/python $(pip_install) --require-hashes -r requirements/ray.txt
	@.venv-ray/bin/python $(pip_install) --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv-docs/installed: requirements/docs.txt $(stamps)/venv
	@echo 'Installing requirements/docs.txt into .venv-docs; the first time this takes a minute.'
	@$(venv)/python -m venv --clear .venv-docs
	@.venv-docs/bin/python $(pip_install) --require-hashes -r requirements/docs.txt
	@touch $@

# PyTorch is in no lock: only the benchmarks use it, and its builds differ from index to index.
.venv-peers/installed: requirements/golden.txt $(stamps)/venv
	@$(call has_tensorflow,benchmarks)
	@echo 'Installing TensorFlow and PyTorch into .venv-peers; the first time this takes a few minutes.'
	@$(venv)/python -m venv --clear .venv-peers
	@.venv-peers/bin/python $(pip_install) --require-hashes -r requirements/golden.txt
	@.venv-peers/bin/python $(pip_install) torch==2.13.0
	@touch $@
