# Everything needs only Python 3.11 or later and the package registries; what is made lies in $(VENV) and dist/.

PYTHON ?= python3
VENV ?= .venv
PROJECT ?= --editable .
LOCKS ?= requirements
SEED ?= 2
EXAMPLES ?= 20000
BIN := $(VENV)/bin
ON_EVERY_CORE := -n auto --dist worksteal
PIP := $(BIN)/pip --quiet --disable-pip-version-check install
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header

.PHONY: help check-deploy sbom bench-tables demo test test-long test-all test-clients test-routers coverage examples fuzz bench check format lock upgrade check-lock sdl docs site \
  screenshot wheel release clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## the whole product on this machine: sandbox, gateway, GraphiQL
	$(BIN)/asset-gateway demo

test: $(VENV)/dev ## the tests that a change needs, and doctests
	PYTHONSAFEPATH=1 $(BIN)/pytest $(ON_EVERY_CORE) -m "not long"

test-long: $(VENV)/dev ## the long tests: generated comparisons, several processes
	PYTHONSAFEPATH=1 $(BIN)/pytest $(ON_EVERY_CORE) -m long

test-all: $(VENV)/dev ## all tests
	PYTHONSAFEPATH=1 $(BIN)/pytest $(ON_EVERY_CORE)

test-clients: $(VENV)/installed $(VENV)-clients/installed ## pandas, polars, DuckDB and others read the tables of a served gateway (700 MB)
	mkdir -p build/clients
	cp tests/clients/package.json tests/clients/package-lock.json tests/clients/odata_client.js build/clients
	! command -v npm >/dev/null || (cd build/clients && npm ci --silent --ignore-scripts --no-audit --no-fund)
	CLIENTS_MODULES=$(abspath build/clients) CLIENTS_GATEWAY=$(abspath $(BIN)/asset-gateway) PYTHONPATH=. \
	  $(VENV)-clients/bin/python -m pytest -c /dev/null --rootdir tests/clients --confcutdir tests/clients \
	  -p no:cacheprovider --timeout 200 --durations 5 tests/clients

test-routers: $(VENV)/dev ## composition and routers of federated graphs, from npm (Node.js 20, 800 MB)
	mkdir -p build/routers
	cp tests/routers/package.json tests/routers/package-lock.json build/routers
	cd build/routers && npm ci --silent --ignore-scripts --no-audit --no-fund
	ROUTERS_MODULES=$(abspath build/routers) PYTHONSAFEPATH=1 $(BIN)/pytest tests/routers

coverage: $(VENV)/dev ## `make test` with coverage; fails below the floor in pyproject.toml
	rm -f .coverage .coverage.*
	PYTHONSAFEPATH=1 $(BIN)/coverage run -m pytest $(ON_EVERY_CORE) -m "not long"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

fuzz: $(VENV)/dev ## other generated operations than the tests': make fuzz SEED=7 EXAMPLES=20000
	PYTHONSAFEPATH=1 SAME_ANSWERS_SEED=$(SEED) SAME_ANSWERS_EXAMPLES=$(EXAMPLES) \
	  $(BIN)/pytest tests/engine/test_same_answers.py

bench: $(VENV)/installed ## this gateway and others, side by side: bench/README.md
	$(BIN)/python bench/run.py

bench-tables: $(VENV)/installed ## the kept tables: a fill, and the files made of it
	PYTHONPATH=. $(BIN)/python bench/tables.py

check: $(VENV)/dev check-lock ## format, lint, types, layers, Dockerfile, locks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: $(VENV)/dev ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/dev ## bring the locks in line with pyproject.toml
	$(COMPILE) pyproject.toml -o $(LOCKS)/runtime.txt
	$(COMPILE) pyproject.toml --group dev -c $(LOCKS)/runtime.txt -o $(LOCKS)/dev.txt
	for group in build site screenshot deploy clients; do $(COMPILE) --group $$group -o $(LOCKS)/$$group.txt || exit 1; done

upgrade: $(VENV)/dev ## lock the newest versions of everything
	rm -f $(LOCKS)/*.txt
	$(MAKE) lock

check-lock: $(VENV)/dev ## fail if the locks are behind pyproject.toml
	rm -rf $(VENV)/locks
	cp -r requirements $(VENV)/locks
	$(MAKE) --no-print-directory lock LOCKS=$(VENV)/locks
	diff -r requirements $(VENV)/locks

sdl: $(VENV)/installed ## write schema/schema.graphql
	$(BIN)/asset-gateway schema > $(VENV)/schema.graphql
	mv $(VENV)/schema.graphql schema/schema.graphql

docs: $(VENV)/dev ## update the generated tables of the documents
	PYTHONPATH=. $(BIN)/python tests/test_docs.py

site: $(VENV)-site/installed ## the documentation as a web site: build/site/index.html
	$(VENV)-site/bin/python tools/site.py

check-deploy: $(VENV)-deploy/installed ## render the Helm chart, and validate it against Kubernetes' schemas
	$(VENV)-deploy/bin/python -m pytest -q -c /dev/null --rootdir tests/deploy --confcutdir tests/deploy \
	  -p no:cacheprovider tests/deploy/test_chart.py

sbom: $(VENV)-deploy/installed ## what the image is made of, in CycloneDX: dist/asset-gateway.cdx.json
	mkdir -p dist
	$(VENV)-deploy/bin/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --of JSON -o dist/asset-gateway.cdx.json

screenshot: $(VENV)/installed $(VENV)-screenshot/installed ## renew the README's picture of GraphiQL; needs Chromium
	$(VENV)-screenshot/bin/python tools/screenshot.py --gateway $(BIN)/asset-gateway

release: ## commit, tag and build a version: make release VERSION=0.3.0 (CONTRIBUTING.md)
	$(PYTHON) tools/release.py $(VERSION)
	$(MAKE) --no-print-directory wheel

examples: $(VENV)/dev ## the tests of the packages in examples/, each installed beside the gateway
	for example in examples/*/; do \
	  rm -rf $(VENV)/$$example build/$$example; mkdir -p build/examples; cp -r $$example build/$$example; \
	  $(PIP) --no-deps --no-build-isolation --target $(VENV)/$$example ./build/$$example || exit 1; \
	  (cd build/$$example && PYTHONSAFEPATH=1 PYTHONPATH=$(abspath $(VENV))/$$example \
	    $(abspath $(BIN))/pytest) || exit 1; \
	done

wheel: ## build dist/*.whl with the locked build tools
	rm -rf $(VENV)-build dist
	$(PYTHON) -m venv $(VENV)-build
	$(VENV)-build/bin/pip --quiet --disable-pip-version-check install --require-hashes -r requirements/build.txt
	$(VENV)-build/bin/pip --quiet --disable-pip-version-check wheel --no-deps --no-build-isolation -w dist .

clean: ## remove everything that was built
	rm -rf .venv* build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf gateway/edge/graphiql/static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml hatch_build.py requirements/runtime.txt gateway/edge/graphiql/static/vendor.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later, please: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements/runtime.txt
	$(PIP) --no-deps $(PROJECT)
	$(BIN)/python -m compileall -q gateway resolvers schema
	touch $@

$(VENV)-site/installed $(VENV)-screenshot/installed $(VENV)-deploy/installed $(VENV)-clients/installed: $(VENV)-%/installed: requirements/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip --quiet --disable-pip-version-check install --require-hashes -r $<
	touch $@

$(VENV)/dev: $(VENV)/installed requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	touch $@
