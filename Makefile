# Every target installs and builds what it needs and is quick when there is nothing to do.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo test test-system kills build lint gen docs bench bench-peers soak packages image clean

# For the native add-on: Node 22 and later need C++20.
export CXXFLAGS += -std=gnu++20

SOURCES := $(shell find src proto -type f) tsconfig.json package.json
BENCH_SOURCES := $(shell find bench -name '*.ts') bench/tsconfig.json

demo: build
	@demo/run.sh

test: build
	npx vitest run

test-system: build build/bench/.built
	test/system/install.sh
	npx vitest run --config vitest.system.config.ts --project alone
	npx vitest run --config vitest.system.config.ts --project beside

# A thousand kill -9 of tacet sync, and of edits of a register, at random moments: ten minutes or more, by hand. SEED= draws others.
kills: build
	KILLS=1000 npx vitest run --config vitest.system.config.ts test/system/sync/kills.test.ts \
	  test/system/state/register-kills.test.ts

build: dist/.built

# The types of messages, after a change of the proto.
gen: build
	npx vitest run test/wire/generate.test.ts --update

lint: build
	npm run --silent lint

# docs/OPTIONS.md, from the tables of src/options.
docs: build
	npx vitest run test/options/tables.test.ts --update

bench: build build/bench/.built
	node build/bench/run.js

bench-peers: build build/bench/.built
	bench/peers/install.sh
	node build/bench/peers/run.js

# Tarballs of the package and of the client alone, in build/packages.
packages: build
	mkdir -p build/packages
	npm pack --silent --pack-destination build/packages
	node deploy/npm/pack-client.js build/packages

# An hour under half load, with faults.
soak: build build/bench/.built
	node build/bench/soak.js --minutes 60 --faults

image:
	docker build -t tacet .

clean:
	rm -rf node_modules dist build

# Node's major version is part of the stamp: the add-on is built for one ABI.
NODE_ABI := $(shell node -p process.versions.modules 2>/dev/null)
INSTALLED := node_modules/.installed-$(NODE_ABI)

# The add-on's own install script would download a binary; no other package needs its script.
ADD_ON_LOG := node_modules/.add-on.log
NO_ADD_ON := Tacet works without the add-on, but reads lists instead of mapping them
# Node before 22.13 has no SQLite of its own, and --state needs one: a minute or two, once.
HAS_SQLITE := $(shell node -p 'process.getBuiltinModule?.("node:sqlite") ? "yes" : ""' 2>/dev/null)
SQLITE_LOG := node_modules/.sqlite.log
NO_SQLITE := Tacet works without SQLite, but --state takes postgres://... only

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --no-fund --ignore-scripts
	@echo 'compiling the add-on that maps lists'
	@npm --prefix node_modules/mmap-io run rebuild >$(ADD_ON_LOG) 2>&1 || \
	  echo '$(NO_ADD_ON): $(ADD_ON_LOG) says why it was not compiled' >&2
	@[[ -n "$(HAS_SQLITE)" ]] || { echo 'compiling SQLite, which this Node does not have'; \
	  npm --prefix node_modules/better-sqlite3 run build-release >$(SQLITE_LOG) 2>&1; } || \
	  echo '$(NO_SQLITE): $(SQLITE_LOG) says why it was not compiled' >&2
	touch $@

dist/.built: $(INSTALLED) $(SOURCES) asconfig.json
	rm -rf dist
	npm run --silent build
	touch $@

build/bench/.built: dist/.built $(BENCH_SOURCES)
	npx tsc -p bench
	touch $@
