# Mohr's commands for people. Everything else is `mohr --help`.
.DEFAULT_GOAL := help
VENV ?= .venv
MOHR_HOME ?= var
FOLDER ?= var/fuzz
TARGET ?= examination
SBOM ?= var/sbom.json
SOURCE ?= pypi
BIN := $(VENV)/bin
export VENV MOHR_HOME

.PHONY: help setup setup-test demo test check format lock bench fuzz figures sbom audit

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## install what the service needs (system packages, .venv)
	@setup/prepare.sh run

setup-test:
	@setup/prepare.sh test

demo: setup ## issue and verify a clearance, then serve on loopback until interrupted
	@$(BIN)/mohr demo

test: setup-test check ## lint, types, import walls and all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: setup-test ## the static part of the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-test ## write the code in its canonical form
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: setup-test ## times of rendering, sealing, issuing, verifying, beside the naive way
	@$(BIN)/python -m bench

fuzz: setup-test ## look for files that upset the verifier (TARGET=token: tokens); FOLDER keeps finds
	@mkdir -p $(FOLDER)
	@$(BIN)/python tests/fuzz/fuzz_verifier.py $(TARGET) $(FOLDER) -timeout=10

figures: setup-test ## lines by package, long files, circles of imports, modules that name the clearance
	@$(BIN)/python tools/figures.py

lock: setup-test ## pin the newest allowed releases, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 pyproject.toml requirements/build.in -o requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 --extra dev -c requirements/runtime.txt pyproject.toml requirements/build.in -o requirements/dev.txt

sbom: setup-test ## write the bill of materials of the pinned releases (CycloneDX) to SBOM
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file $(SBOM) requirements/runtime.txt

# Strict: a release that the source knows nothing of is a failure, not a pass.
audit: setup-test ## ask for known vulnerabilities of the pinned releases (needs the index or OSV: SOURCE=osv)
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --vulnerability-service $(SOURCE) \
		--progress-spinner off --requirement requirements/runtime.txt
