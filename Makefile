PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tools and tests look at no .env of yours; `make run` does.
ISOLATED := ENV_FILE=/dev/null DATABASE_URL=
# Some shells say that Python keeps no compiled files: each of the many processes that tests start would then read all
# of ours anew, and pytest rewrite every assertion.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-sqlite test-postgresql test-without-database lint bandit audit sbom newer bench screenshots requirements chaos

run: .venv/.runtime
	@$(BIN)/python manage.py run

# Side by side, and each told as one piece: what is given a database, on one and the other, and what is given none.
# Two cores are enough for the three: many tests wait for a process that they started.
test: .venv/.development
	@sh .ci/programs chromium-headless-shell nginx
	@$(MAKE) --jobs=3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		test-sqlite test-postgresql test-without-database

test-sqlite: .venv/.development
	$(ISOLATED) $(BIN)/python -m pytest -m database

test-postgresql: .venv/.development
	$(ISOLATED) $(BIN)/python -m tests.on_postgresql

test-without-database: .venv/.development
	$(ISOLATED) $(BIN)/python -m pytest -m "not database"

lint: .venv/.development bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	ENV_FILE=/dev/null $(BIN)/mypy
	$(BIN)/djlint templates --check
	$(BIN)/djlint templates --lint
	ENV_FILE=/dev/null DATABASE_URL=sqlite:///:memory: $(BIN)/python manage.py makemigrations --check --dry-run
	$(ISOLATED) $(BIN)/python -m pytest -q tests/test_layers.py

# What can be said against the code, what the product is made of, and what there is newer of it.
audit: bandit sbom newer

# On every triaged line it warns of each string it would not have reported anyway: so it speaks when it found something.
bandit: .venv/.development
	@said=$$($(BIN)/bandit --configfile pyproject.toml --recursive dashboard tensorslab_api bench docs 2>&1) \
		|| { echo "$$said" | grep -v "but no failed test on"; exit 1; }

# CycloneDX, of what is pinned for running the product; what does not fit the schema is not written.
SBOM ?= var/sbom.json
sbom: .venv/.development
	@mkdir -p -m 700 $(dir $(SBOM))
	@$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible --validate \
		--output-file $(SBOM) requirements.txt
	@echo "What the product is made of is in $(SBOM)."

newer: .venv/.development
	@sh .ci/newer $(BIN)/python

# One part alone, with its options: make bench PART="listing --rows 10000".
bench: .venv/.development
	$(ISOLATED) $(BIN)/python -m bench $(PART)

screenshots: .venv/.development
	@sh .ci/programs chromium-headless-shell
	$(BIN)/python -m docs.screenshots

# Random people against random trouble, minutes long: make chaos CHAOS="--seeds 7 --seconds 60 --tasks 10000"
chaos: .venv/.development
	$(ISOLATED) $(BIN)/python -m tests.chaos $(CHAOS)

# After a change of requirements.in or requirements-dev.in.
requirements: .venv/.development
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make requirements" requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make requirements" requirements-dev.in -o requirements-dev.txt

.venv/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
