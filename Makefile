# One file of commands; each does its own set-up. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_APP := $(VENV)/.ready-app
PORT ?= 8501
export TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_ENABLE_ONEDNN_OPTS ?= 1

.DEFAULT_GOAL := help
.PHONY: help app dicom-node door trail backup restore test coverage check format train evaluate compare bench export samples screens viewer-bundle splits licences sbom lock hooks clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Installed once for a given lock file: a second start finds the stamp and does nothing. The app
# needs a part of the packages, at the same versions; whoever has all of them has these too.
define install
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Sulcus needs Python 3.11, 3.12 or 3.13; this is %d.%d. Try: make PYTHON=python3.12 app" % v)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages into $(VENV): once, $(2)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

$(READY): requirements.lock
	$(call install,$<,a minute or more and 4 GB)
	@touch $@ $(READY_APP)

$(READY_APP): requirements-app.lock
	$(call install,$<,about a minute and 1.2 GB)
	@touch $@

app: $(READY_APP)  ## open the dashboard on 127.0.0.1:8501, or PORT=…
	@echo "Sulcus: http://127.0.0.1:$(PORT)   (Ctrl+C stops it)"
	@$(BIN)/python -m streamlit run app/main.py --server.port $(PORT) --logger.hideWelcomeMessage true

dicom-node: $(READY_APP)  ## receive DICOM series into the worklist (see the README for its settings)
	@$(BIN)/python -m app.dicom_node

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# With what runs in processes of its own, but for what a browser reaches.
coverage: $(READY)  ## which lines of ml/ and app/ the tests run, and which not (twice the time of the tests)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pytest-cov>=7,<8'
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder --ignore tests/e2e --cov --cov-report term-missing:skip-covered $(ARGS)

door: $(READY)  ## every page in Chromium behind the proxy of docs/deployment.md (needs both)
	SULCUS_DOOR=1 $(BIN)/python -m pytest tests/access/test_door.py tests/e2e/test_behind_the_door.py -q

trail: $(READY_APP)  ## verify the audit trail; ARGS="--line NUMBER:SEAL" for a line written down
	@$(BIN)/python -m app.verify_trail $(ARGS)

backup: $(READY_APP)  ## the store into one file: make backup TO=file.zip
	@$(BIN)/python -m app.backup make "$(TO)"

restore: $(READY_APP)  ## and back into an empty SULCUS_HOME: make restore FROM=file.zip
	@$(BIN)/python -m app.backup restore "$(FROM)"

check: $(READY)  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## rewrite to the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The shipped weights started from nothing; `make train TRAIN_FROM=imagenet` downloads a start.
TRAIN_FROM ?= none
# glibc keeps freed memory, in large pages: a fifth less time a step (docs/experiments.md).
train: export MALLOC_MMAP_MAX_ := 0
train: export MALLOC_TRIM_THRESHOLD_ := 17179869184
train: export GLIBC_TUNABLES := glibc.malloc.hugetlb=1
train: $(READY)  ## train every network on the clean split and publish the weights (hours)
	$(BIN)/python -m ml.training --weights $(TRAIN_FROM) --publish $(ARGS)

evaluate: $(READY)  ## predict the held-out parts, write every figure
	$(BIN)/python -m ml.evaluation $(ARGS)

compare: $(READY)  ## train and measure the networks of the field, write the table (days)
	$(BIN)/python -m ml.comparison $(ARGS)

bench: $(READY)  ## time readings, the app, batches and training; ARGS="--parts reading" for one
	$(BIN)/python -m ml.bench $(ARGS)

samples: $(READY)  ## draw the simulated scans again
	$(BIN)/python -m ml.phantom --out assets/samples

screens: $(READY)  ## take the pictures of the README again (needs Chromium)
	SULCUS_SCREENSHOTS=docs/screens $(BIN)/python -m pytest tests/e2e/test_screens.py -q

viewer-bundle:  ## build the viewer of the browser again (needs Node.js 20)
	npm --prefix app/frontend ci --ignore-scripts --no-audit --no-fund
	npm --prefix app/frontend run build

splits: $(READY)  ## groups and splits from the data sets
	$(BIN)/python -m ml.datasets.splits
	$(BIN)/python -m ml.datasets.membership
	$(BIN)/python -m ml.datasets.audit

export: $(READY)  ## list the layers of the networks for the app, after a change of architecture
	$(BIN)/python -m ml.export

licences: $(READY)  ## write the list of licences from the lock files
	$(BIN)/python -m app.attribution

sbom: $(READY)  ## write the bill of materials of a release, CycloneDX
	$(BIN)/python -m app.sbom

lock: $(READY)  ## pin what requirements.txt and requirements-app.txt allow
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv<1'
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.txt -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-app.txt -c requirements.lock -o requirements-app.lock

hooks: $(READY)  ## install the pre-commit hooks
	$(BIN)/pre-commit install

clean:  ## remove the environment and the caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache
