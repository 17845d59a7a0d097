# The front door. Every target installs what it needs on Debian (deploy/develop/prepare), and all of them build with the
# same profile and the same features, so that RocksDB and librdkafka are compiled once. That is why no command here says
# `-p`: cargo would choose other features for one package than for the workspace, and compile dependencies again.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-kafka test-s3 test-clients test-asyncapi soak accuracy check bench bench-lake fuzz build prepare prepare-clients prepare-kafka prepare-s3

TARGET := $(or $(CARGO_TARGET_DIR),target)
PROGRAM := $(TARGET)/debug/tidewatch
SCRIPTS = $(shell grep -rlIE '^\#!/(usr/bin/env bash|bin/(ba)?sh)' deploy tests .ci 2>/dev/null)
# What the demo is started with, for example: make demo ARGS="--once --format json"
ARGS ?=
FUZZ_SECONDS ?= 30
SOAK_MINUTES ?= 60

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: build ## a recorded fleet goes through Kafka and comes out as incidents (ARGS="--once" ends by itself)
	@cargo run --quiet --bin tidewatch -- demo $(ARGS)

test: build ## every test that needs no Apache Kafka
	cargo test --workspace

test-kafka: prepare-kafka prepare-s3 build ## the tests on a real Apache Kafka, which is downloaded with Maven and started by them
	deploy/kafka/install
	deploy/s3/install
	cargo test --workspace --test system -- --ignored --test-threads=1 kafka::

test-s3: prepare-s3 build ## the tests of checkpoints and a lake in a bucket, which is downloaded with pip and started by them
	deploy/s3/install
	cargo test --workspace --test system bucket:: -- --ignored --skip kafka::

test-clients: prepare-clients build ## psql, SQLAlchemy, ADBC, DuckDB and other clients, most of them downloaded with pip, against the program
	tests/clients/run

bench-lake: prepare-clients build ## a year of minute windows of 200 tenants, asked by Tidewatch and by DuckDB; YEAR_LAKE names the folder, which takes gigabytes
	@[ -n "$(YEAR_LAKE)" ] || { echo "name a folder: make bench-lake YEAR_LAKE=/var/tmp/year" >&2; exit 1; }
	[ -d "$(YEAR_LAKE)/windows" ] || YEAR_LAKE="$(YEAR_LAKE)" cargo test --workspace --test system year:: -- --ignored --nocapture
	TIDEWATCH_PROGRAM="$(PROGRAM)" "$$(tests/clients/install)" tests/clients/bench_lake.py "$(YEAR_LAKE)"

test-asyncapi: prepare ## the document of the topics against the schema of AsyncAPI, which npm fetches once
	@if command -v npm >/dev/null; then schema=$$(deploy/develop/asyncapi) && \
	TIDEWATCH_ASYNCAPI="$$schema" cargo test --workspace --test system asyncapi:: -- --ignored; \
	else echo "the document of the topics: not checked, npm is not installed"; fi

soak: prepare-kafka build ## kill instances and the broker for SOAK_MINUTES, and at each step of the protocol twenty times
	deploy/kafka/install
	SOAK_MINUTES=$(SOAK_MINUTES) SWEEPS=20 cargo test --workspace --test system -- --ignored --nocapture --test-threads=1 \
	  kafka::chaos:: kafka::fail_points::

accuracy: build ## the tables of docs/accuracy.md; takes minutes, and TIDEWATCH_DATA names where the labelled sets lie
	cargo test --workspace --test system accuracy:: -- --ignored --nocapture --test-threads=1
	cargo test --workspace --test month_ends -- --ignored --nocapture

check: prepare ## format, lints, documentation and scripts; run it before every commit
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	@for script in $(SCRIPTS); do bash -n "$$script" || exit 1; done; echo "scripts: $(words $(SCRIPTS)) parse"
	@if command -v cargo-deny >/dev/null; then cargo deny --offline check bans licenses sources; \
	else echo "licences and sources: not checked, cargo-deny is not installed"; fi

bench: prepare ## measure; the numbers of docs/performance.md
	@if compgen -G '*/benches/*.rs' >/dev/null; then cargo bench --profile dev --workspace --bench '*'; \
	else echo "there are no benches"; fi

fuzz: prepare ## every decoder against random and damaged input, FUZZ_SECONDS each
	tests/fuzz/run $(FUZZ_SECONDS)

build: prepare
	@[ -x "$(PROGRAM)" ] || echo "building; the first time takes a quarter of an hour on two cores, most of it RocksDB"
	@cargo build --workspace --bin tidewatch

prepare:
	@deploy/develop/prepare

prepare-kafka:
	@deploy/develop/prepare kafka

prepare-s3:
	@deploy/develop/prepare s3

prepare-clients:
	@deploy/develop/prepare clients
