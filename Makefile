# Everything is installed into .venv of this checkout. Required: make, and Python 3.11 or newer with its venv module.
#
#   make serve [ARGS="--port 9000"]   install missing packages, then run the whole stack
#   make install                      only install; GPU=1 for machines with an NVIDIA GPU
#   make test [ARGS="-k learn"]       run all checks and all tests except the long ones
#   make test-unit                    run the unit tests only, in seconds
#   make test-all                     run the long tests as well, within an hour
#   make check                        check formatting, lint, types, permitted imports and the page's modules
#   make audit                        look for known vulnerabilities in the locked packages (needs the network)
#   make sbom                         write the bills of materials of the images to dist/
#   make lock                         resolve requirements/*.in into *.txt again (needs uv)

.PHONY: audit sbom serve install test test-unit test-all check lint format types imports page lock
.DEFAULT_GOAL := serve

BIN := .venv/bin
TEST := $(BIN)/python -m pytest --numprocesses
GPU ?= $(wildcard .venv/gpu)
SET := $(if $(GPU),gpu,runtime)
INSTALLED := .venv/installed-$(SET)
INSTALL := umask 022; $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
WITHOUT := --override requirements/overrides
RUNTIME := requirements/gateway.in requirements/vectorizer.in requirements/runtime.in

serve: $(INSTALLED)
	@exec $(BIN)/faceserver serve $(ARGS)

install: $(INSTALLED)

# Where this is set, as in images, every process of pytest rewrites and compiles all test modules in every run.
test test-all test-unit: export PYTHONDONTWRITEBYTECODE :=

# The checks are among the tests. Three at a time on two cores, for much of a test is waiting; who is done first takes
# over from the others.
test: .venv/installed-dev
	@$(TEST) 3 --dist worksteal -m "not long" $(ARGS)

test-all: .venv/installed-dev
	@$(TEST) 2 --dist worksteal $(ARGS)

test-unit: .venv/installed-dev
	@$(TEST) 2 --dist worksteal -p no:schemathesis tests/unit $(ARGS)

check: lint format types imports page

lint: .venv/installed-dev
	@$(BIN)/ruff check

format: .venv/installed-dev
	@$(BIN)/ruff format --check

types: .venv/installed-dev
	@$(BIN)/mypy

imports: .venv/installed-dev
	@$(BIN)/lint-imports

# Types of the page's modules. Without Node.js they are not checked, and nothing else needs it.
page: .venv/installed-dev
	@if [ -x web/node_modules/.bin/tsc ]; then web/node_modules/.bin/tsc --project web; \
	else echo "The page is not checked: apt install nodejs npm, then npm ci in web/."; fi

# It fails as well if the database of vulnerabilities cannot be reached. Not among the tests, which need no network.
audit: .venv/audit/installed
	@for set in build gateway vectorizer vectorizer-gpu models traces redis; do \
	  .venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/$$set.txt || failed=1; \
	done; exit $${failed:-0}

# Attached to a release, one for each image.
sbom: .venv/audit/installed
	@mkdir -p dist; for set in gateway vectorizer vectorizer-gpu models; do \
	  .venv/audit/bin/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml \
	    --output-file dist/faceserver-$$set.cdx.json requirements/$$set.txt || exit; \
	done

.venv/audit/installed: requirements/audit.txt | $(BIN)/python
	@$(BIN)/python -m venv --clear .venv/audit
	@umask 022; .venv/audit/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --require-hashes \
	  -r requirements/audit.txt
	@touch $@

# The complete set is resolved first; the set of each image is a selection from it, at the same versions.
lock:
	$(COMPILE) -o requirements/build.txt requirements/build.in
	$(COMPILE) -o requirements/audit.txt requirements/audit.in
	$(COMPILE) $(WITHOUT).txt -o requirements/runtime.txt $(RUNTIME)
	$(COMPILE) $(WITHOUT).txt -o requirements/dev.txt requirements/dev.in
	$(COMPILE) $(WITHOUT)-gpu.txt -o requirements/gpu.txt requirements/gpu.in
	for set in gateway vectorizer models traces redis; do \
	  $(COMPILE) $(WITHOUT).txt -c requirements/runtime.txt -o requirements/$$set.txt requirements/$$set.in || exit; \
	done
	$(COMPILE) $(WITHOUT)-gpu.txt -c requirements/gpu.txt -o requirements/vectorizer-gpu.txt requirements/vectorizer-gpu.in

# With this umask, the account that runs PostgreSQL can read its programs when root starts the stack.
# Both sets install an ONNX Runtime as the same module; an installation for a GPU remains one (.venv/gpu).
$(INSTALLED): requirements/build.txt requirements/$(SET).txt pyproject.toml | $(BIN)/python
	@echo "Installing the packages into .venv; the first time takes a minute or two."
	@if [ "$(SET)" = gpu ]; then $(BIN)/python -m pip --quiet uninstall --yes onnxruntime; touch .venv/gpu; fi
	@$(INSTALL) --require-hashes -r requirements/build.txt -r requirements/$(SET).txt
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: requirements/dev.txt web/package-lock.json $(INSTALLED)
	@echo "Installing the packages of the tests into .venv."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@if command -v npm >/dev/null; then npm --prefix web ci --silent || echo "npm cannot install the checks of web/."; fi
	@touch $@

# pyenv installs commands that only print an error, so each candidate is run.
$(BIN)/python:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "faceserver needs Python 3.11 or newer; none was found."; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found has no venv module; on Debian and Ubuntu, apt install python3-venv installs it."; exit 1; \
	fi; \
	umask 022; "$$found" -m venv --clear .venv
