# Touchstone 试金石. `make help` lists everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CARGO_TERM_COLOR ?= auto

DATA ?= ./data
PORT ?= 8080

.PHONY: help run test test-rust test-browser bench bench-peers check fmt deny fuzz screenshots clean-data

help: ## List these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PORT and DATA set the port and the data folder of make run (now $(PORT), $(DATA)); touchstone.toml sets the rest."

run: ## Install what is missing, build, start on http://127.0.0.1:$(PORT); an empty DATA gets the demonstration marketplace
	@scripts/install run
	@cargo build --profile fast --locked -p touchstone
	@exec target/fast/touchstone serve --data "$(DATA)" --port "$(PORT)" --demonstration

test: ## Install and start what the tests need, run everything, leave nothing running
	@scripts/install test
	@scripts/test all

test-rust: ## Only the Rust tests, with their databases
	@scripts/test rust

test-browser: ## Only the browser tests
	@scripts/test browser

bench: ## Run the benches and print their figures as tables
	@scripts/install run
	@cargo build --profile fast --locked -p benches
	@TOUCHSTONE_TEST_DUCKDB="$$(scripts/duckdb)" TOUCHSTONE_TEST_LIGHTGBM="$$(scripts/lightgbm)" target/fast/bench

bench-peers: ## Run the comparisons with other programs (builds them: some minutes more)
	@cargo run --release --manifest-path benches/peers/Cargo.toml

check: ## Format, lints and licences, as CI asks for them
	@scripts/check

fmt: ## Format the code
	@cargo fmt --all

deny: ## Licences, bans and sources of all dependencies
	@scripts/install deny
	@cargo deny check licenses bans sources

fuzz: ## Run every fuzz target for SECONDS (default 60)
	@scripts/fuzz "$${SECONDS_EACH:-60}"

screenshots: ## Refresh the README's pictures from the browser tests
	@TOUCHSTONE_SCREENSHOTS=docs/screenshots scripts/test browser

clean-data: ## Remove the data folder of make run (asks first)
	@read -p "Remove $(DATA)? [y/N] " answer && [ "$$answer" = y ] && rm -rf -- "$(DATA)"
