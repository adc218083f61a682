# Every target installs and builds what it needs and is quick when there is nothing to do.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo test test-system build lint bench bench-peers image clean

# The native add-on is compiled here, not downloaded; Node 22 and later need C++20 for it.
export npm_config_build_from_source = true
export CXXFLAGS += -std=gnu++20

SOURCES := $(shell find src proto -type f) tsconfig.json package.json
BENCH_SOURCES := $(shell find bench -name '*.ts') bench/tsconfig.json

demo: build
	@demo/run.sh

test: build
	npx vitest run

test-system: build
	test/system/install.sh
	npx vitest run --config vitest.system.config.ts

build: dist/.built

lint: build
	npx biome check .
	npx tsc -p test

bench: build build/bench/.built
	node build/bench/run.js

bench-peers: build build/bench/.built
	bench/peers/install.sh
	node build/bench/peers/run.js

image:
	docker build -t tacet .

clean:
	rm -rf node_modules dist build

# Node's major version is part of the stamp: the add-on is built for one ABI.
NODE_ABI := $(shell node -p process.versions.modules 2>/dev/null)
INSTALLED := node_modules/.installed-$(NODE_ABI)

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

dist/.built: $(INSTALLED) $(SOURCES) asconfig.json
	rm -rf dist
	npm run --silent build
	touch $@

build/bench/.built: dist/.built $(BENCH_SOURCES)
	npx tsc -p bench
	touch $@
